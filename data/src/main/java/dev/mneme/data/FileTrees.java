package dev.mneme.data;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** Whole folders. Stateless; links are deleted and never followed. */
public final class FileTrees {
  private FileTrees() {}

  /**
   * Deletes a folder and what is in it; an absent one is fine.
   *
   * @throws IOException when something in it cannot be deleted; the rest may be gone by then
   */
  public static void delete(Path folder) throws IOException {
    if (!Files.exists(folder)) {
      return;
    }
    List<Path> all;
    try (Stream<Path> tree = Files.walk(folder)) {
      all = tree.sorted(Comparator.reverseOrder()).toList();
    }
    for (Path each : all) {
      Files.deleteIfExists(each);
    }
  }

  /**
   * {@link #delete} for callers who could do no more about a failure than to name the folder.
   *
   * @throws UncheckedIOException naming the folder
   */
  public static void discard(Path folder) {
    try {
      delete(folder);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot delete " + folder, e);
    }
  }
}
