package dev.mneme.testsupport;

import com.google.googlejavaformat.java.Formatter;
import com.google.googlejavaformat.java.FormatterException;
import com.google.googlejavaformat.java.RemoveUnusedImports;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * google-java-format over every source of the repository.
 *
 * <p>{@code SourceFormatTest} fails on what it would change, or changes it when asked to. It runs
 * on the JDK of the toolchain rather than inside Maven: see docs/adr/0002.
 */
public final class SourceFormat {
  private SourceFormat() {}

  /** Formats every source below the folder, in place. */
  public static void apply(Path root) throws IOException {
    for (Path file : unformatted(root)) {
      Files.writeString(file, format(file));
    }
  }

  /** The sources that formatting would change. */
  public static List<Path> unformatted(Path root) throws IOException {
    List<Path> sources;
    try (Stream<Path> tree = Files.walk(root)) {
      sources =
          tree.filter(p -> p.toString().endsWith(".java"))
              .filter(p -> !root.relativize(p).toString().contains("target"))
              .sorted()
              .toList();
    }
    List<Path> result = new ArrayList<>();
    for (Path file : sources) {
      if (!format(file).equals(Files.readString(file))) {
        result.add(file);
      }
    }
    return result;
  }

  private static String format(Path file) throws IOException {
    String source = Files.readString(file);
    try {
      return new Formatter()
          .formatSourceAndFixImports(RemoveUnusedImports.removeUnusedImports(source));
    } catch (FormatterException e) {
      throw new IOException(file + " does not parse: " + e.getMessage(), e);
    }
  }
}
