package dev.mneme.model;

import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Objects;
import java.util.stream.Stream;

/** The three small checkpoints whose logits were computed by their authors' own code. */
public final class GoldenCheckpoints {
  private GoldenCheckpoints() {}

  /** Names for parameterized tests. */
  public static Stream<String> names() {
    return Stream.of("deepseek-v3", "deepseek-v2-lite", "llama-gqa");
  }

  public static Path folder(String name) {
    URL url =
        Objects.requireNonNull(
            GoldenCheckpoints.class.getResource("/golden/" + name), "golden checkpoint " + name);
    try {
      return Path.of(url.toURI());
    } catch (URISyntaxException e) {
      throw new AssertionError(e);
    }
  }
}
