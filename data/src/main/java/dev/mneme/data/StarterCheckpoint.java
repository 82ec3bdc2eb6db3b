package dev.mneme.data;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The trained checkpoint in the box: a Hugging Face folder as resources. Thread-safe. */
public final class StarterCheckpoint {
  /** Every file of the checkpoint folder. */
  public static final List<String> FILES =
      List.of(
          "config.json",
          "generation_config.json",
          "model.safetensors",
          "tokenizer.json",
          "tokenizer_config.json",
          "README.md");

  private StarterCheckpoint() {}

  /** Whether this build carries the weights. */
  public static boolean isPresent() {
    return StarterCheckpoint.class.getResource("starter/model.safetensors") != null;
  }

  /**
   * Opens one of {@link #FILES}; the caller closes.
   *
   * @throws FileNotFoundException when the build does not carry it
   */
  public static InputStream open(String file) throws IOException {
    InputStream in = StarterCheckpoint.class.getResourceAsStream("starter/" + file);
    if (in == null) {
      throw new FileNotFoundException("the bundled starter has no " + file);
    }
    return in;
  }

  /**
   * Copies {@link #FILES} into a folder, which has none of them yet.
   *
   * @throws IOException when one cannot be read or written; those before it are left
   */
  public static void copyTo(Path folder) throws IOException {
    for (String file : FILES) {
      try (InputStream in = open(file)) {
        Files.copy(in, folder.resolve(file));
      }
    }
  }
}
