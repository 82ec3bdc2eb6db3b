package dev.mneme.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JsonLinesTest {
  @TempDir Path dir;

  private final Evidence first = new Evidence("t1", "thumb", "good");
  private final Evidence second = new Evidence("t2", "retry", "asked again");

  @Test
  void whatIsWrittenIsRead() {
    Path file = dir.resolve("a.jsonl");
    JsonLines.write(file, List.of(first, second));
    assertThat(JsonLines.readAll(file, Evidence.class)).containsExactly(first, second);
  }

  @Test
  void aTornLastLineIsLeftOut() throws IOException {
    Path file = dir.resolve("torn.jsonl");
    Files.writeString(file, JsonLines.line(first) + JsonLines.line(second).substring(0, 20));
    assertThat(JsonLines.readAll(file, Evidence.class)).containsExactly(first);
  }

  @Test
  void aBadLineInTheMiddleIsNamedWithFileAndLine() throws IOException {
    Path file = dir.resolve("bad.jsonl");
    Files.writeString(file, JsonLines.line(first) + "{\"turnId\": \n" + JsonLines.line(second));
    assertThatThrownBy(() -> JsonLines.readAll(file, Evidence.class))
        .isInstanceOf(JsonLinesException.class)
        .hasMessageContaining("bad.jsonl:2")
        .hasMessageContaining("Evidence");
  }

  @Test
  void aWholeLastLineThatIsBadIsAnErrorToo() throws IOException {
    Path file = dir.resolve("end.jsonl");
    Files.writeString(file, JsonLines.line(first) + "nonsense\n");
    assertThatThrownBy(() -> JsonLines.readAll(file, Evidence.class))
        .hasMessageContaining("end.jsonl:2");
  }

  @Test
  void blankLinesAreSkipped() throws IOException {
    Path file = dir.resolve("blank.jsonl");
    Files.writeString(file, "\n" + JsonLines.line(first) + "\n\n" + JsonLines.line(second));
    assertThat(JsonLines.readAll(file, Evidence.class)).hasSize(2);
  }
}
