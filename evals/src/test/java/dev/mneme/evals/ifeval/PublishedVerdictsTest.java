package dev.mneme.evals.ifeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.agent.Cancellation;
import dev.mneme.data.JsonLines;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.FakeModel;
import dev.mneme.evals.Progress;
import dev.mneme.evals.RunSettings;
import dev.mneme.evals.SharedData;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Our verdicts on GPT-4's replies of 2023-11-07 against the official checker's. */
class PublishedVerdictsTest {
  private static final Path DATA = SharedData.path("data/ifeval");

  private record Verdict(
      String prompt,
      String response,
      @JsonProperty("follow_instruction_list") List<Boolean> followed) {}

  private record Response(String prompt, String response) {}

  @BeforeAll
  static void dataIsThere() {
    assumeTrue(Files.isDirectory(DATA), "IFEval data not found at " + DATA);
  }

  @Test
  void strictVerdictsAreTheOfficialOnes() {
    assertThat(differences("strict")).isEmpty();
  }

  @Test
  void looseVerdictsAreTheOfficialOnes() {
    assertThat(differences("loose")).isEmpty();
  }

  private static List<String> differences(String mode) {
    Map<String, IfEvalPrompt> prompts = new HashMap<>();
    JsonLines.readAll(DATA.resolve("input_data.jsonl"), IfEvalPrompt.class)
        .forEach(each -> prompts.put(each.prompt(), each));
    var differences = new ArrayList<String>();
    List<Verdict> verdicts =
        JsonLines.readAll(DATA.resolve("eval_results_" + mode + ".jsonl"), Verdict.class);
    assertThat(verdicts).hasSize(540);
    for (Verdict each : verdicts) {
      IfEvalPrompt prompt = prompts.get(each.prompt());
      assertThat(prompt).isNotNull();
      List<Boolean> ours =
          mode.equals("strict")
              ? IfEval.strict(prompt, each.response())
              : IfEval.loose(prompt, each.response());
      if (!ours.equals(each.followed())) {
        differences.add(prompt.key() + " " + prompt.instructionIds() + " ours " + ours);
      }
    }
    return differences;
  }

  @Test
  void theFourFiguresComeOutOfTheHarness(@TempDir Path root) {
    Map<String, String> replies = new HashMap<>();
    JsonLines.readAll(
            DATA.resolve("input_response_data_gpt4_20231107_145030.jsonl"), Response.class)
        .forEach(each -> replies.put(each.prompt(), each.response()));
    var gpt4 =
        new FakeModel(
            "gpt-4", request -> replies.getOrDefault(request.messages().getFirst().content(), ""));

    EvalRun run =
        new EvalRunner(root, Clock.systemUTC())
            .run(
                IfEvalTask.of(DATA.resolve("input_data.jsonl")),
                gpt4,
                RunSettings.defaults(),
                new Cancellation(),
                Progress.NONE);

    EvalSummary summary = EvalSummary.of(run, 1);
    assertThat(mean(summary, "prompt_strict")).isCloseTo(0.7722, within(0.00005));
    assertThat(mean(summary, "instruction_strict")).isCloseTo(0.8377, within(0.00005));
    assertThat(mean(summary, "prompt_loose")).isCloseTo(0.7963, within(0.00005));
    assertThat(mean(summary, "instruction_loose")).isCloseTo(0.8558, within(0.00005));
  }

  private static double mean(EvalSummary summary, String metric) {
    return summary.metric(metric).orElseThrow().value();
  }
}
