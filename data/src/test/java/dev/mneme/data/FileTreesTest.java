package dev.mneme.data;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileTreesTest {
  @TempDir Path dir;

  @Test
  void aFolderGoesWithAllThatIsInItAndNothingThatIsLinkedFromIt() throws IOException {
    Path kept = Files.createDirectories(dir.resolve("kept"));
    Files.writeString(kept.resolve("file"), "x");
    Path doomed = dir.resolve("doomed");
    Files.createDirectories(doomed.resolve("a").resolve("b"));
    Files.writeString(doomed.resolve("a").resolve("b").resolve("file"), "x");
    Files.createSymbolicLink(doomed.resolve("link"), kept);

    FileTrees.delete(doomed);

    assertThat(doomed).doesNotExist();
    assertThat(kept.resolve("file")).hasContent("x");
  }

  @Test
  void whatIsNotThereIsFine() {
    FileTrees.discard(dir.resolve("never was"));
    assertThat(dir).isEmptyDirectory();
  }
}
