package dev.mneme.testsupport;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;

/** Public evaluation data that is measured on and never shipped; tests skip where it is absent. */
public final class SharedData {
  private SharedData() {}

  /**
   * The file or folder below the data directory; skips the calling test, visibly, if it is absent.
   */
  public static Path require(String relative) {
    Path path = root().resolve("data").resolve(relative);
    assumeTrue(Files.exists(path), () -> "skipped: no evaluation data at " + path);
    return path;
  }

  private static Path root() {
    String given = System.getProperty("mneme.shared");
    return given != null
        ? Path.of(given)
        : Path.of(System.getProperty("mneme.root", "."), "..", "shared").normalize();
  }
}
