package dev.mneme.evals.judge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.nio.file.StandardCopyOption.ATOMIC_MOVE;
import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.Score;
import dev.mneme.evals.EvalException;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Solution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.JsonNodeFactory;

/**
 * Writes runs as FastChat's files: {@code model_answer/MODEL.jsonl}, {@code
 * model_judgment/JUDGE_single.jsonl} and {@code JUDGE_pair.jsonl}.
 *
 * <p>A file is replaced in one step. Judgments of other models that it holds stay, those of the
 * same models are replaced, so writing twice repeats nothing. What is unscored has the score -1 or
 * the winner {@code error}, as FastChat has it; its {@code show_result} leaves those out.
 */
public final class FastChatFiles {
  private FastChatFiles() {}

  private record SingleJudgment(
      @JsonProperty("question_id") JsonNode questionId,
      String model,
      List<String> judge,
      @JsonProperty("user_prompt") String userPrompt,
      String judgment,
      double score,
      int turn,
      double tstamp) {}

  private record PairJudgment(
      @JsonProperty("question_id") JsonNode questionId,
      @JsonProperty("model_1") String model1,
      @JsonProperty("model_2") String model2,
      @JsonProperty("g1_winner") String g1Winner,
      @JsonProperty("g2_winner") String g2Winner,
      List<String> judge,
      @JsonProperty("g1_user_prompt") String g1UserPrompt,
      @JsonProperty("g1_judgment") String g1Judgment,
      @JsonProperty("g2_user_prompt") String g2UserPrompt,
      @JsonProperty("g2_judgment") String g2Judgment,
      int turn,
      double tstamp) {}

  /** Writes {@code model_answer/MODEL.jsonl} under the directory and returns it. */
  public static Path writeAnswers(Path directory, String model, EvalRun answers) {
    var lines = new ArrayList<Object>();
    for (EvalRecord each : answers.records()) {
      Solution solution = each.solution();
      if (solution != null && each.epoch() == 0) {
        List<String> turns = solution.replies().stream().map(reply -> reply.text()).toList();
        lines.add(
            new FastChatAnswer(
                number(each.item()),
                each.key().substring(0, 22),
                model,
                List.of(new FastChatAnswer.Choice(0, turns)),
                seconds(each.at())));
      }
    }
    Path file = directory.resolve("model_answer").resolve(fileName(model) + ".jsonl");
    replace(file, lines.stream().map(JsonLines::line).toList());
    return file;
  }

  /** Writes {@code model_judgment/JUDGE_single.jsonl} under the directory and returns it. */
  public static Path writeSingle(
      Path directory,
      String model,
      EvalTask task,
      EvalRun judged,
      MtBenchQuestions questions,
      Map<String, List<String>> references) {
    String judge = judged.info().model().id();
    Map<String, MtBenchQuestions.Question> byId = byId(questions);
    var lines = new ArrayList<String>();
    for (EvalRecord each : judged.records()) {
      for (int turn = 1; turn <= questions.turns(); turn++) {
        String part = "turn " + turn;
        MtBenchQuestions.Question question = byId.get(each.item());
        boolean reference = question != null && !MtBench.reference(question, references).isEmpty();
        lines.add(
            JsonLines.line(
                new SingleJudgment(
                    number(each.item()),
                    model,
                    List.of(judge, MtBench.promptName("single", reference, turn)),
                    prompt(task, each, turn - 1),
                    text(each, turn - 1),
                    score(each, part),
                    turn,
                    seconds(each.at()))));
      }
    }
    Path file = directory.resolve("model_judgment").resolve(fileName(judge) + "_single.jsonl");
    List<String> others = keep(file, node -> !node.path("model").asString("").equals(model));
    others.addAll(lines);
    replace(file, others);
    return file;
  }

  /** Writes {@code model_judgment/JUDGE_pair.jsonl} under the directory and returns it. */
  public static Path writePairs(
      Path directory,
      String model1,
      String model2,
      EvalTask task,
      EvalRun judged,
      MtBenchQuestions questions,
      Map<String, List<String>> references) {
    String judge = judged.info().model().id();
    Map<String, MtBenchQuestions.Question> byId = byId(questions);
    var lines = new ArrayList<String>();
    for (EvalRecord each : judged.records()) {
      for (int turn = 1; turn <= questions.turns(); turn++) {
        MtBenchQuestions.Question question = byId.get(each.item());
        boolean reference = question != null && !MtBench.reference(question, references).isEmpty();
        int game = 2 * (turn - 1);
        lines.add(
            JsonLines.line(
                new PairJudgment(
                    number(each.item()),
                    model1,
                    model2,
                    winner(text(each, game), "model_1", "model_2"),
                    winner(text(each, game + 1), "model_2", "model_1"),
                    List.of(judge, MtBench.promptName("pair", reference, turn)),
                    prompt(task, each, game),
                    text(each, game),
                    prompt(task, each, game + 1),
                    text(each, game + 1),
                    turn,
                    seconds(each.at()))));
      }
    }
    Path file = directory.resolve("model_judgment").resolve(fileName(judge) + "_pair.jsonl");
    List<String> others =
        keep(
            file,
            node ->
                !(node.path("model_1").asString("").equals(model1)
                    && node.path("model_2").asString("").equals(model2)));
    others.addAll(lines);
    replace(file, others);
    return file;
  }

  private static Map<String, MtBenchQuestions.Question> byId(MtBenchQuestions questions) {
    return questions.questions().stream()
        .collect(Collectors.toMap(MtBenchQuestions.Question::id, each -> each));
  }

  private static String winner(String judgment, String a, String b) {
    return switch (Verdicts.winner(judgment)) {
      case A -> a;
      case B -> b;
      case TIE -> "tie";
      case NONE -> "error";
    };
  }

  private static double score(EvalRecord each, String part) {
    return each.measures().stream()
        .filter(measure -> measure.metric().equals("grade") && measure.part().equals(part))
        .mapToDouble(
            measure ->
                switch (measure.score()) {
                  case Score.Scored(double value, _) -> value;
                  case Score.Unscored _ -> -1;
                })
        .findFirst()
        .orElse(-1);
  }

  private static String text(EvalRecord each, int reply) {
    Solution solution = each.solution();
    return solution == null ? "" : solution.text(reply);
  }

  private static String prompt(EvalTask task, EvalRecord each, int index) {
    if (!(task.solver() instanceof Asking asking)) {
      return "";
    }
    List<List<Message>> prompts = asking.prompts().getOrDefault(each.item(), List.of());
    return index < prompts.size() ? prompts.get(index).getLast().content() : "";
  }

  /** FastChat's ids are numbers. */
  private static JsonNode number(String id) {
    return id.matches("\\d{1,15}")
        ? JsonNodeFactory.instance.numberNode(Long.parseLong(id))
        : JsonNodeFactory.instance.stringNode(id);
  }

  private static double seconds(Instant at) {
    return at.toEpochMilli() / 1000.0;
  }

  private static String fileName(String model) {
    return model.replaceAll("[^A-Za-z0-9._-]+", "-");
  }

  private static List<String> keep(Path file, Predicate<JsonNode> wanted) {
    var lines = new ArrayList<String>();
    if (Files.exists(file)) {
      for (JsonNode each : JsonLines.readAll(file, JsonNode.class)) {
        if (wanted.test(each)) {
          lines.add(Json.mapper().writeValueAsString(each) + "\n");
        }
      }
    }
    return lines;
  }

  private static void replace(Path file, List<String> lines) {
    Path temporary = file.resolveSibling(file.getFileName() + ".tmp");
    try {
      Files.createDirectories(file.getParent());
      Files.writeString(temporary, String.join("", lines), UTF_8);
      Files.move(temporary, file, ATOMIC_MOVE, REPLACE_EXISTING);
    } catch (IOException e) {
      throw new EvalException("cannot write " + file, e);
    }
  }
}
