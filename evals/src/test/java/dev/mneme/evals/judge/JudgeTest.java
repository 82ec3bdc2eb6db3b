package dev.mneme.evals.judge;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;
import static org.assertj.core.api.Assertions.within;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mneme.agent.Cancellation;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Score;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.FakeModel;
import dev.mneme.evals.Progress;
import dev.mneme.evals.RunSettings;
import dev.mneme.evals.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class JudgeTest {
  private static final String QUESTIONS =
      """
      {"question_id": 81, "category": "writing", "turns": ["Write.", "Rewrite."]}
      {"question_id": 101, "category": "reasoning", "turns": ["Who?", "Why?"], "reference": ["Eve", ""]}
      """;

  @TempDir Path root;

  private EvalRun run(EvalTask task, FakeModel model) {
    return new EvalRunner(root.resolve("runs"), Clock.systemUTC())
        .run(task, model, RunSettings.defaults(), new Cancellation(), Progress.NONE);
  }

  private Path write(String name, String text) throws IOException {
    return Files.writeString(root.resolve(name), text);
  }

  @Test
  void ratingsAreReadAndBadOnesAreUnscored() {
    assertThat(Verdicts.rating("Good. Rating: [[8]]"))
        .isEqualTo(new Score.Scored(8, "Good. Rating: [[8]]"));
    assertThat(Verdicts.rating("I say [7.5]")).isEqualTo(new Score.Scored(7.5, "I say [7.5]"));
    assertThat(Verdicts.rating("[[11]]"))
        .isEqualTo(new Score.Unscored("the judge rated 11; expected 1 to 10"));
    assertThat(Verdicts.rating("fine")).isInstanceOf(Score.Unscored.class);
    assertThat(Verdicts.rating("")).isEqualTo(new Score.Unscored("the judge returned nothing"));
  }

  @Test
  void templatesAreFilledOnce() {
    var prompt = new JudgePrompt("x", "single", "s", "{{a}} {question} {answer}", "[[rating]]");
    assertThat(prompt.fill(Map.of("question", "what is {answer}?", "answer", "$1")))
        .isEqualTo("{a} what is {answer}? $1");
    assertThatThrownBy(() -> prompt.fill(Map.of("question", "q")))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("{answer}");
  }

  @Test
  void ourOwnPromptsAreFastChatsEight() {
    assertThat(JudgePrompt.ours())
        .containsOnlyKeys(
            "single-v1",
            "single-math-v1",
            "single-v1-multi-turn",
            "single-math-v1-multi-turn",
            "pair-v2",
            "pair-v2-multi-turn",
            "pair-math-v1",
            "pair-math-v1-multi-turn");
  }

  @Test
  void badQuestionsKeepTheirPlaceAndAreCounted() throws IOException {
    Path file = root.resolve("question.jsonl");
    Files.write(
        file,
        (QUESTIONS
                + "{\"question_id\": 102, \"category\": \"math\", \"turns\": [\"only one\"]}\n"
                + "{\"question_id\": 81, \"category\": \"writing\", \"turns\": [\"a\", \"b\"]}\n"
                + "not json\n"
                + "{\"question_id\": 103, \"category\": \"math\", \"turns\": [\"\u00fc\","
                + " \"b\"]}\n")
            .getBytes(ISO_8859_1));

    MtBenchQuestions questions = MtBenchQuestions.read(file);
    EvalRun run = run(MtBench.answers(questions), new FakeModel("m", _ -> "an answer"));

    assertThat(run.records()).hasSize(6);
    assertThat(run.errors()).isEqualTo(4);
    assertThat(run.records())
        .extracting(EvalRecord::error)
        .filteredOn(each -> each != null)
        .satisfiesExactly(
            each -> assertThat(each).contains(":3:", "two \"turns\""),
            each -> assertThat(each).contains(":4:", "81", "line 1"),
            each -> assertThat(each).contains(":5: not JSON"),
            each -> assertThat(each).contains(":6: not UTF-8"));
  }

  @Test
  void answersAndSingleJudgmentsAreFastChatsFiles() throws IOException {
    MtBenchQuestions questions = MtBenchQuestions.read(write("question.jsonl", QUESTIONS));
    EvalRun answers = run(MtBench.answers(questions), new FakeModel("mine", _ -> "I did it."));
    Path answerFile = FastChatFiles.writeAnswers(root, "mine", answers);

    List<JsonNode> lines = JsonLines.readAll(answerFile, JsonNode.class);
    assertThat(answerFile).hasFileName("mine.jsonl");
    assertThat(lines).hasSize(2);
    assertThat(lines.getFirst().propertyNames())
        .containsExactly("question_id", "answer_id", "model_id", "choices", "tstamp");
    assertThat(lines.getFirst().get("question_id").isIntegralNumber()).isTrue();
    assertThat(lines.getFirst().get("choices").get(0).get("turns")).hasSize(2);
    assertThat(MtBench.answersOf(answerFile)).isEqualTo(MtBench.answersOf(answers));

    var judge =
        new FakeModel(
            "judge",
            request ->
                request.messages().getLast().content().contains("Eve") ? "[[3]]" : "hm [[12]]");
    EvalTask task =
        MtBench.single(questions, "mine", MtBench.answersOf(answers), Map.of(), JudgePrompt.ours());
    EvalRun judged = run(task, judge);
    FastChatFiles.writeSingle(root, "mine", task, judged, questions, Map.of());
    Path judgments = FastChatFiles.writeSingle(root, "mine", task, judged, questions, Map.of());

    List<JsonNode> rows = JsonLines.readAll(judgments, JsonNode.class);
    assertThat(judgments).hasFileName("judge_single.jsonl");
    assertThat(rows).as("writing twice repeats nothing").hasSize(4);
    assertThat(rows.getFirst().propertyNames())
        .containsExactly(
            "question_id", "model", "judge", "user_prompt", "judgment", "score", "turn", "tstamp");
    assertThat(rows)
        .extracting(each -> each.get("score").asDouble())
        .containsExactly(-1., -1., 3., 3.);
    assertThat(rows)
        .extracting(each -> each.get("judge").get(1).asString())
        .containsExactly(
            "single-v1", "single-v1-multi-turn", "single-math-v1", "single-math-v1-multi-turn");
    EvalSummary summary = EvalSummary.of(judged, 1);
    assertThat(summary.primary().value()).isEqualTo(3);
    assertThat(summary.primary().unscored()).isEqualTo(2);
  }

  @Test
  void aWinCountsOnlyInBothOrders() throws IOException {
    MtBenchQuestions questions = MtBenchQuestions.read(write("question.jsonl", QUESTIONS));
    Map<String, List<String>> one = Map.of("81", List.of("bad", "bad"), "101", List.of("x", "x"));
    Map<String, List<String>> two = Map.of("81", List.of("good", "good"), "101", List.of("y", "y"));
    // Knows good from bad, and otherwise always takes the first.
    var judge =
        new FakeModel(
            "judge",
            request -> {
              String text = request.messages().getLast().content();
              return text.contains("good") && text.indexOf("bad") < text.indexOf("good")
                  ? "[[B]]"
                  : "[[A]]";
            });
    EvalTask task =
        MtBench.pairwise(questions, "one", one, "two", two, Map.of(), JudgePrompt.ours());

    EvalRun run = run(task, judge);

    assertThat(run.records())
        .flatExtracting(EvalRecord::measures)
        .extracting(each -> ((Score.Scored) each.score()).value())
        .containsExactly(1.0, 1.0, 0.5, 0.5);
    Path file = FastChatFiles.writePairs(root, "one", "two", task, run, questions, Map.of());
    List<JsonNode> rows = JsonLines.readAll(file, JsonNode.class);
    assertThat(rows)
        .extracting(each -> each.get("g1_winner").asString())
        .containsExactly("model_2", "model_2", "model_1", "model_1");
    assertThat(rows)
        .extracting(each -> each.get("g2_winner").asString())
        .containsExactly("model_2", "model_2", "model_2", "model_2");
  }

  @Test
  void aFileOfSingleTurnsIsJudgedByTurnOneAlone() throws IOException {
    // As FastChat's vicuna_bench has it, a referenced category included.
    MtBenchQuestions questions =
        MtBenchQuestions.read(
            write(
                "vicuna.jsonl",
                """
                {"question_id": 1, "category": "generic", "turns": ["How?"]}
                {"question_id": 2, "category": "math", "turns": ["1 + 1?"]}
                {"question_id": 3, "category": "math", "turns": []}
                """));
    assertThat(questions.turns()).isEqualTo(1);
    EvalRun answers = run(MtBench.answers(questions), new FakeModel("mine", _ -> "So."));
    assertThat(answers.errors()).isEqualTo(1);
    Map<String, List<String>> own = MtBench.answersOf(answers);
    Map<String, List<String>> references = Map.of("2", List.of("It is 2."));
    var judge =
        new FakeModel(
            "judge",
            request ->
                request.messages().getLast().content().contains("It is 2.") ? "[[4]]" : "[[8]]");

    EvalTask single = MtBench.single(questions, "mine", own, references, JudgePrompt.ours());
    EvalRun judged = run(single, judge);
    Path file = FastChatFiles.writeSingle(root, "mine", single, judged, questions, references);

    assertThat(JsonLines.readAll(file, JsonNode.class))
        .extracting(
            each -> each.get("turn").asInt(),
            each -> each.get("score").asDouble(),
            each -> each.get("judge").get(1).asString())
        .containsExactly(
            tuple(1, 8.0, "single-v1"),
            tuple(1, 4.0, "single-math-v1"),
            tuple(1, -1.0, "single-v1"));
    EvalTask pairs =
        MtBench.pairwise(questions, "mine", own, "other", own, references, JudgePrompt.ours());
    EvalRun compared = run(pairs, new FakeModel("judge", _ -> "[[A]]"));
    Path pairFile =
        FastChatFiles.writePairs(root, "mine", "other", pairs, compared, questions, references);
    assertThat(JsonLines.readAll(pairFile, JsonNode.class))
        .hasSize(3)
        .allSatisfy(each -> assertThat(each.get("turn").asInt()).isEqualTo(1));
  }

  @Test
  void theHumanReferenceIsPreferred() throws IOException {
    MtBenchQuestions questions = MtBenchQuestions.read(write("question.jsonl", QUESTIONS));
    Map<String, List<String>> published = Map.of("101", List.of("wrong", "because"));

    assertThat(MtBench.reference(questions.questions().get(1), published))
        .containsExactly("Eve", "because");
    assertThat(MtBench.reference(questions.questions().get(0), published)).isEmpty();
  }

  @Test
  void longerWinsReachesThePublishedFloor() {
    Path data = SharedData.path("data/llmbar");
    assumeTrue(Files.isDirectory(data), "LLMBar data not found at " + data);
    var firstAlways = new FakeModel("first", _ -> "[[A]]");

    EvalRun run = run(LlmBar.of(data, JudgePrompt.ours()), firstAlways);
    var info = JudgeGate.of(run).orElseThrow();

    assertThat(info.longerWinsNatural()).isCloseTo(0.565, within(0.0005));
    assertThat(info.longerWinsAdversarial()).isCloseTo(0.185, within(0.0005));
    assertThat(info.llmBarNatural()).as("always the first, in both orders").isEqualTo(0.5);
    assertThat(EvalSummary.of(run, 1).metric("consistent").orElseThrow().value()).isZero();
    assertThat(JudgeGate.find(root.resolve("runs"), firstAlways.ref())).contains(info);
  }

  @Test
  void mtBenchsOwnFilesAreRead() {
    Path data = SharedData.path("data/mtbench");
    assumeTrue(Files.isDirectory(data), "MT-Bench data not found at " + data);

    MtBenchQuestions questions = MtBenchQuestions.read(data.resolve("question.jsonl"));
    assertThat(questions.questions())
        .hasSize(80)
        .allSatisfy(each -> assertThat(each.problem()).isEmpty());
    Map<String, List<String>> references =
        MtBench.answersOf(data.resolve("reference_answer/gpt-4.jsonl"));
    assertThat(references).hasSize(30);
    EvalTask task =
        MtBench.single(
            questions,
            "gpt-4",
            references,
            references,
            JudgePrompt.read(data.resolve("judge_prompts.jsonl")));
    EvalRun run = run(task, new FakeModel("judge", _ -> "[[9]]"));
    assertThat(run.errors()).isEqualTo(50);
    assertThat(EvalSummary.of(run, 1).primary().value()).isEqualTo(9);
  }
}
