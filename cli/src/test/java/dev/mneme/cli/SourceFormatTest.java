package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.testsupport.SourceFormat;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class SourceFormatTest {
  @Test
  void everySourceIsFormattedByGoogleJavaFormat() throws IOException {
    Path root = Path.of(System.getProperty("mneme.root"));
    if ("apply".equals(System.getProperty("format"))) {
      SourceFormat.apply(root);
    }
    assertThat(SourceFormat.unformatted(root))
        .as("CONTRIBUTING.md says how to format them")
        .isEmpty();
  }
}
