package dev.mneme.evals;

import java.nio.file.Path;

/**
 * Where the public evaluation data lies that tests measure on and that is not in the repository.
 */
public final class SharedData {
  private SharedData() {}

  /** A path inside it, whether or not it exists. */
  public static Path path(String inside) {
    String given = System.getProperty("mneme.shared");
    Path shared =
        given == null
            ? Path.of(System.getProperty("mneme.root", "."), "..", "shared")
            : Path.of(given);
    return shared.resolve(inside).normalize();
  }
}
