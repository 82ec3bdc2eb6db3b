package dev.mneme.data.curriculum;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mneme.data.Message;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What we are measured on is never what we train on. */
class OriginalityTest {
  /** This many words in a row do not meet by accident. */
  private static final int RUN = 9;

  private static final List<String> MEASURED_ON =
      List.of(
          "mtbench/question.jsonl",
          "ifeval/input_data.jsonl",
          "llmbar/LLMBar_Natural_dataset.json",
          "llmbar/LLMBar_Adversarial_Manual_dataset.json",
          "self-instruct/seed_tasks.jsonl",
          "bfcl-memory/BFCL_v4_memory.json",
          "locomo/locomo-dev.json");

  @Test
  void nothingFromTheEvaluationDataIsInTheCurriculum() throws IOException {
    Path shared = shared().resolve("data");
    assumeTrue(Files.isDirectory(shared), "no evaluation data at " + shared + ": not checked");
    Set<String> known = new HashSet<>();
    for (String each : MEASURED_ON) {
      Path file = shared.resolve(each);
      assumeTrue(Files.exists(file), file + " is missing: not checked");
      known.addAll(runs(Files.readString(file, UTF_8).replace("\\n", " ").replace("\\\"", " ")));
    }
    Set<String> taken = new HashSet<>();
    Stream.concat(
            Curriculum.load().examples(11, false).limit(10_000),
            Curriculum.load().examples(11, true).limit(10_000))
        .flatMap(each -> each.messages().stream())
        .map(Message::content)
        .forEach(text -> runs(text).stream().filter(known::contains).forEach(taken::add));
    // A run of bare numbers is nobody's sentence.
    taken.removeIf(run -> run.matches("[\\d ]+"));
    assertThat(taken).isEmpty();
  }

  private static Path shared() {
    String given = System.getProperty("mneme.shared");
    return given != null
        ? Path.of(given)
        : Path.of(System.getProperty("mneme.root", ".."), "..", "shared").normalize();
  }

  private static List<String> runs(String text) {
    List<String> words = List.of(text.toLowerCase(Locale.ROOT).split("[^a-z0-9']+"));
    var runs = new ArrayList<String>();
    for (int i = 0; i + RUN <= words.size(); i++) {
      runs.add(String.join(" ", words.subList(i, i + RUN)));
    }
    return runs;
  }
}
