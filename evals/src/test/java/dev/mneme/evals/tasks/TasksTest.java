package dev.mneme.evals.tasks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Check;
import dev.mneme.data.Expectation;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.TrainingExample;
import dev.mneme.evals.EvalException;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.FakeModel;
import dev.mneme.evals.Progress;
import dev.mneme.evals.RunSettings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TasksTest {
  @TempDir Path root;

  /** Likes short texts: each character costs a nat. */
  private static final class ShortLover implements ChatModel {
    @Override
    public ModelRef ref() {
      return new ModelRef("short-lover", "0");
    }

    @Override
    public int contextTokens() {
      return 1000;
    }

    @Override
    public int countTokens(List<Message> messages, List<ToolSpec> tools) {
      return messages.stream().mapToInt(each -> each.content().length()).sum();
    }

    @Override
    public ChatReply generate(
        ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
      throw new AssertionError("asked to generate");
    }

    @Override
    public Optional<Likelihood> likelihood(
        List<Message> messages, List<ToolSpec> tools, String continuation) {
      double letter = continuation.length() == 1 ? -0.1 * (continuation.charAt(0) - 'A') : 0;
      return Optional.of(new Likelihood(-continuation.length() + letter, continuation.length()));
    }

    @Override
    public void close() {}
  }

  private EvalRun run(EvalTask task, ChatModel model) {
    return new EvalRunner(root, Clock.systemUTC())
        .run(task, model, RunSettings.defaults(), new Cancellation(), Progress.NONE);
  }

  private static TrainingExample example(
      String skill, String ask, String answer, boolean heldOut, Expectation... expectations) {
    return new TrainingExample(
        skill,
        List.of(Message.user(ask), Message.assistant(answer)),
        List.of(),
        heldOut,
        List.of(expectations));
  }

  @Test
  void curriculumChecksTheModelsOwnNextMessage() {
    List<TrainingExample> examples =
        List.of(
            example(
                "facts",
                "Capital of Peru?",
                "Lima.",
                true,
                new Expectation(1, "exact", Check.says("Lima"))),
            example(
                "facts",
                "Capital of Chile?",
                "Santiago.",
                true,
                new Expectation(1, "exact", Check.says("Santiago"))),
            example(
                "extract",
                "JSON please",
                "{}",
                true,
                new Expectation(1, "parse", new Check.IsJson()),
                new Expectation(1, "exact", new Check.JsonEquals("{\"a\": 1}"))),
            example(
                "facts", "Trained on", "x", false, new Expectation(1, "exact", Check.says("x"))));
    var model =
        new FakeModel(
            "m",
            request ->
                request.messages().getLast().content().startsWith("JSON") ? "{\"a\": 2}" : "Lima!");

    EvalSummary summary = EvalSummary.of(run(CurriculumTask.of(examples), model), 1);

    assertThat(summary.items()).isEqualTo(3);
    assertThat(summary.metric("facts:exact").orElseThrow().value()).isEqualTo(0.5);
    assertThat(summary.metric("extract:parse").orElseThrow().value()).isEqualTo(1);
    assertThat(summary.metric("extract:exact").orElseThrow().value()).isZero();
    assertThat(summary.primary().value()).isEqualTo(0.5);
    assertThat(summary.categories()).hasSize(2);
  }

  @Test
  void toolsTaskKeepsOnlyWhatIsExpectedOfCalls() {
    List<TrainingExample> examples =
        List.of(
            example(
                "tools/none",
                "Hi",
                "Hello.",
                true,
                new Expectation(1, "tool", new Check.CallsNothing()),
                new Expectation(1, "exact", Check.says("never"))),
            example(
                "facts",
                "Capital?",
                "Lima.",
                true,
                new Expectation(1, "exact", Check.says("Lima"))));

    EvalSummary summary =
        EvalSummary.of(run(CurriculumTask.tools(examples), new FakeModel("m", _ -> "Hello")), 1);

    assertThat(summary.items()).isEqualTo(1);
    assertThat(summary.primary().value()).isEqualTo(1);
  }

  @Test
  void choiceReadsMmlusCsv() throws IOException {
    Path file =
        Files.writeString(
            root.resolve("birds.csv"),
            "\"Which, of these, flies?\",a stone,wren,\"a \"\"cup\"\"\",the moon,B\r\n"
                + "First letter?,aaaa,b,cccc,dddd,A\n");

    EvalRun run = run(ChoiceTask.of(file), new ShortLover());
    EvalSummary summary = EvalSummary.of(run, 1);

    assertThat(run.records().getFirst().prompt()).containsExactly("Which, of these, flies?");
    assertThat(run.records().getFirst().category()).isEqualTo("birds");
    // By letter it takes A: wrong, right. Per byte all texts are alike, so it takes the first.
    assertThat(summary.metric("accuracy").orElseThrow().value()).isEqualTo(0.5);
    assertThat(summary.metric("accuracy_norm").orElseThrow().value()).isEqualTo(0.5);
  }

  @Test
  void choiceNamesFileAndLineOfABadRow() throws IOException {
    Path file = Files.writeString(root.resolve("x.csv"), "q,a,b,A\nq,a,b,E\n");
    assertThatThrownBy(() -> ChoiceTask.of(file))
        .isInstanceOf(EvalException.class)
        .hasMessageContaining("x.csv:2")
        .hasMessageContaining("E");
    Path open = Files.writeString(root.resolve("y.csv"), "q,\"a,b,A\n");
    assertThatThrownBy(() -> ChoiceTask.of(open))
        .isInstanceOf(EvalException.class)
        .hasMessageContaining("y.csv:1");
  }

  @Test
  void choiceIsUnscoredWithoutLikelihoods() throws IOException {
    Path file = Files.writeString(root.resolve("x.csv"), "q,a,b,A\n");
    EvalSummary summary = EvalSummary.of(run(ChoiceTask.of(file), new FakeModel("m", _ -> "A")), 1);
    assertThat(summary.primary().mean()).isNull();
    assertThat(summary.primary().unscored()).isEqualTo(1);
  }

  @Test
  void perplexityIsByTokenAndCategory() {
    List<TrainingExample> examples =
        List.of(
            example("a/x", "q", "12345", true),
            example("a/y", "q", "123", true),
            example("b", "q", "12", true));

    EvalRun run = run(PerplexityTask.of(examples), new ShortLover());

    assertThat(PerplexityTask.perplexities(run))
        .extracting(PerplexityTask.Perplexity::group, PerplexityTask.Perplexity::tokens)
        .containsExactly(
            tuple("all", 10L), tuple("a", 8L), tuple("a/x", 5L), tuple("a/y", 3L), tuple("b", 2L));
    assertThat(PerplexityTask.perplexities(run))
        .allSatisfy(each -> assertThat(each.perplexity()).isCloseTo(Math.E, within(1e-9)));
    assertThat(EvalSummary.of(run, 1).metric("bits_per_byte").orElseThrow().value())
        .isCloseTo(1 / Math.log(2), within(1e-9));
  }

  @Test
  void preferenceAccuracyStandsBesideLength() {
    var pairs =
        List.of(
            pair("1", "short", "much longer"),
            pair("2", "much longer", "short"),
            pair("3", "a b", "a bc"));

    EvalSummary summary = EvalSummary.of(run(PreferenceTask.of(pairs), new ShortLover()), 1);

    assertThat(summary.primary().value()).isCloseTo(2 / 3.0, within(1e-9));
    assertThat(summary.metric("longer_chosen").orElseThrow().value())
        .isCloseTo(1 / 3.0, within(1e-9));
    assertThat(summary.metric("accuracy_norm").orElseThrow().value()).isEqualTo(0.5);
  }

  private static PreferencePair pair(String id, String chosen, String rejected) {
    return new PreferencePair(
        id,
        new Scope("t", "u", "a", "s"),
        PreferencePair.Origin.CHOICE,
        List.of(Message.user("q")),
        List.of(Message.assistant(chosen)),
        List.of(Message.assistant(rejected)),
        PairWeight.ONE,
        Instant.EPOCH,
        List.of());
  }

  @Test
  void diversityTellsOneVoiceFromMany() {
    List<TrainingExample> examples =
        List.of(
            example("w", "same", "x", true, new Expectation(1, "x", Check.says("x"))),
            example("w", "other", "x", true, new Expectation(1, "x", Check.says("x"))));
    RunSettings four =
        new RunSettings(
            Sampling.greedy(20).withTemperature(0.7),
            4,
            null,
            Set.of(),
            null,
            null,
            4,
            0,
            Duration.ofMillis(1));
    var model =
        new FakeModel(
            "m",
            request ->
                request.messages().getLast().content().equals("same")
                    ? "always the same"
                    : "reply " + request.sampling().seed() + " here");
    EvalRun run =
        new EvalRunner(root, Clock.systemUTC())
            .run(CurriculumTask.of(examples), model, four, new Cancellation(), Progress.NONE);

    Diversity diversity = Diversity.of(run);

    assertThat(diversity.prompts()).isEqualTo(2);
    assertThat(diversity.differing()).isEqualTo(0.5);
    assertThat(diversity.distinct2()).isCloseTo((2 / 8.0 + 8 / 8.0) / 2, within(1e-9));
  }
}
