package dev.mneme.evals.judge;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.data.EvalItem;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.evals.ChatSolver;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Reply;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import dev.mneme.evals.Solver;
import dev.mneme.evals.Temperatures;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * MT-Bench in three steps, each a task of its own so that each resumes: the model answers, the
 * judge grades single answers, the judge compares two models' answers in both orders (Zheng et al.,
 * arXiv 2306.05685).
 *
 * <p>In the categories math, reasoning and coding the judge is given a reference answer: the
 * question file's human {@code reference} where there is one, else the reference file's. Thirteen
 * of the thirty published reference answers are wrong (FastChat pull request 3158).
 */
public final class MtBench {
  private static final Set<String> WITH_REFERENCE =
      Set.of("math", "reasoning", "coding", "arena-hard-200");

  private MtBench() {}

  /** The model answers; nobody judges. The figure is the share of turns answered at all. */
  public static EvalTask answers(MtBenchQuestions questions) {
    var items = new ArrayList<EvalItem>();
    Map<String, String> problems = new HashMap<>();
    for (var each : questions.questions()) {
      items.add(item(each));
      if (!each.problem().isEmpty()) {
        problems.put(each.id(), each.problem());
      }
    }
    return new EvalTask(
        "mt-bench",
        items,
        new Answering(ChatSolver.withTemperatures(Temperatures.MT_BENCH), problems),
        new Answered(),
        Metric.accuracy("answered"));
  }

  /** The answers of a run of {@link #answers}, by question. */
  public static Map<String, List<String>> answersOf(EvalRun run) {
    var answers = new LinkedHashMap<String, List<String>>();
    for (EvalRecord each : run.records()) {
      Solution solution = each.solution();
      if (solution != null && each.epoch() == 0) {
        answers.put(each.item(), solution.replies().stream().map(Reply::text).toList());
      }
    }
    return answers;
  }

  /** The answers of a file in FastChat's format, by question. */
  public static Map<String, List<String>> answersOf(Path file) {
    var answers = new LinkedHashMap<String, List<String>>();
    for (FastChatAnswer each : JsonLines.readAll(file, FastChatAnswer.class)) {
      answers.put(each.questionId().asString(), each.turns());
    }
    return answers;
  }

  /**
   * A judge grades both turns of each answer from 1 to 10; the subject of this task is the judge.
   *
   * @param model whose answers they are
   * @param references reference answers by question, used where the question has none of its own
   */
  public static EvalTask single(
      MtBenchQuestions questions,
      String model,
      Map<String, List<String>> answers,
      Map<String, List<String>> references,
      Map<String, JudgePrompt> judgePrompts) {
    var prompts = new LinkedHashMap<String, List<List<Message>>>();
    Map<String, String> problems = new HashMap<>();
    var items = new ArrayList<EvalItem>();
    for (var question : questions.questions()) {
      items.add(item(question));
      List<String> answer = answers.getOrDefault(question.id(), List.of());
      String problem = problem(question, questions.turns(), model, answer);
      if (!problem.isEmpty()) {
        problems.put(question.id(), problem);
        continue;
      }
      List<String> reference = reference(question, references);
      var turns = new ArrayList<List<Message>>();
      for (int turn = 1; turn <= questions.turns(); turn++) {
        Map<String, String> values = values(question, reference);
        values.put("answer", answer.get(0));
        numbered(values, "answer_", answer);
        turns.add(
            JudgePrompt.get(judgePrompts, promptName("single", !reference.isEmpty(), turn))
                .render(values));
      }
      prompts.put(question.id(), turns);
    }
    return new EvalTask(
        "mt-bench-single",
        items,
        new Asking("mt-bench-single/1 " + model, prompts, problems),
        new Rated(),
        Metric.grade("grade"));
  }

  /**
   * A judge compares two models' answers, each turn twice with the order swapped. The figure is
   * {@code win} of the second model: 1, 0, or 0.5 when the games disagree or tie.
   */
  public static EvalTask pairwise(
      MtBenchQuestions questions,
      String model1,
      Map<String, List<String>> answers1,
      String model2,
      Map<String, List<String>> answers2,
      Map<String, List<String>> references,
      Map<String, JudgePrompt> judgePrompts) {
    var prompts = new LinkedHashMap<String, List<List<Message>>>();
    Map<String, String> problems = new HashMap<>();
    var items = new ArrayList<EvalItem>();
    for (var question : questions.questions()) {
      items.add(item(question));
      List<String> one = answers1.getOrDefault(question.id(), List.of());
      List<String> two = answers2.getOrDefault(question.id(), List.of());
      String problem = problem(question, questions.turns(), model1, one);
      problem = problem.isEmpty() ? problem(question, questions.turns(), model2, two) : problem;
      if (!problem.isEmpty()) {
        problems.put(question.id(), problem);
        continue;
      }
      List<String> reference = reference(question, references);
      var games = new ArrayList<List<Message>>();
      for (int turn = 1; turn <= questions.turns(); turn++) {
        JudgePrompt prompt =
            JudgePrompt.get(judgePrompts, promptName("pair", !reference.isEmpty(), turn));
        games.add(prompt.render(pairValues(question, reference, one, two)));
        games.add(prompt.render(pairValues(question, reference, two, one)));
      }
      prompts.put(question.id(), games);
    }
    return new EvalTask(
        "mt-bench-pair",
        items,
        new Asking("mt-bench-pair/1 " + model1 + " " + model2, prompts, problems),
        new Compared(),
        Metric.accuracy("win"));
  }

  /** FastChat's names: {@code single-math-v1-multi-turn} and so on. */
  static String promptName(String type, boolean reference, int turn) {
    String version = type.equals("pair") && !reference ? "-v2" : "-v1";
    return type + (reference ? "-math" : "") + version + (turn == 2 ? "-multi-turn" : "");
  }

  static List<String> reference(
      MtBenchQuestions.Question question, Map<String, List<String>> references) {
    if (!WITH_REFERENCE.contains(question.category())) {
      return List.of();
    }
    List<String> human = question.reference();
    List<String> model = references.getOrDefault(question.id(), List.of());
    if (human.isEmpty() && model.isEmpty()) {
      return List.of();
    }
    var both = new ArrayList<String>();
    for (int turn = 0; turn < question.turns().size(); turn++) {
      both.add(
          turn < human.size() && !human.get(turn).isBlank()
              ? human.get(turn)
              : turn < model.size() ? model.get(turn) : "(none)");
    }
    return both;
  }

  private static EvalItem item(MtBenchQuestions.Question question) {
    return new EvalItem(
        question.id(), question.category(), question.turns(), question.reference(), Map.of());
  }

  private static String problem(
      MtBenchQuestions.Question question, int turns, String model, List<String> answer) {
    if (!question.problem().isEmpty()) {
      return question.problem();
    }
    return answer.size() < turns
        ? "there are " + answer.size() + " answers of " + model + " to question " + question.id()
        : "";
  }

  private static Map<String, String> values(
      MtBenchQuestions.Question question, List<String> reference) {
    var values = new HashMap<String, String>();
    values.put("question", question.turns().get(0));
    numbered(values, "question_", question.turns());
    numbered(values, "ref_answer_", reference);
    return values;
  }

  /** One value for each turn there is: a single-turn bench has no second. */
  private static void numbered(Map<String, String> values, String name, List<String> texts) {
    for (int turn = 1; turn <= texts.size(); turn++) {
      values.put(name + turn, texts.get(turn - 1));
    }
  }

  private static Map<String, String> pairValues(
      MtBenchQuestions.Question question, List<String> reference, List<String> a, List<String> b) {
    Map<String, String> values = values(question, reference);
    values.put("answer_a", a.get(0));
    values.put("answer_b", b.get(0));
    numbered(values, "answer_a_", a);
    numbered(values, "answer_b_", b);
    return values;
  }

  private record Answering(Solver chat, Map<String, String> problems) implements Solver {
    @Override
    public String id() {
      return "mt-bench/1 " + chat.id();
    }

    @Override
    public Sampling sampling(EvalItem item, Sampling asked) {
      return chat.sampling(item, asked);
    }

    @Override
    public Solution solve(
        EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
      String problem = problems.get(item.id());
      if (problem != null) {
        throw new IllegalArgumentException(problem);
      }
      return chat.solve(item, model, sampling, cancellation);
    }
  }

  private static final class Answered implements Scorer {
    @Override
    public String id() {
      return "answered/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      var measures = new ArrayList<Measure>();
      for (int turn = 0; turn < item.turns().size(); turn++) {
        boolean said = !solution.text(turn).isBlank();
        measures.add(
            Measure.scored(
                "answered",
                "turn " + (turn + 1),
                said ? 1 : 0,
                said ? "not judged yet" : "the model returned nothing"));
      }
      return measures;
    }
  }

  private static final class Rated implements Scorer {
    @Override
    public String id() {
      return "rating/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      var measures = new ArrayList<Measure>();
      for (int turn = 0; turn < item.turns().size(); turn++) {
        measures.add(
            new Measure("grade", "turn " + (turn + 1), Verdicts.rating(solution.text(turn))));
      }
      return measures;
    }
  }

  private static final class Compared implements Scorer {
    @Override
    public String id() {
      return "pair/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      var measures = new ArrayList<Measure>();
      for (int turn = 0; turn < item.turns().size(); turn++) {
        Verdicts.Winner first = Verdicts.winner(solution.text(2 * turn));
        Verdicts.Winner swapped = Verdicts.winner(solution.text(2 * turn + 1));
        String part = "turn " + (turn + 1);
        if (first == Verdicts.Winner.NONE || swapped == Verdicts.Winner.NONE) {
          measures.add(
              Measure.unscored("win", part, "the judge named no winner; expected [[A]] to [[C]]"));
        } else if (first == Verdicts.Winner.B && swapped == Verdicts.Winner.A) {
          measures.add(Measure.scored("win", part, 1, "won both games"));
        } else if (first == Verdicts.Winner.A && swapped == Verdicts.Winner.B) {
          measures.add(Measure.scored("win", part, 0, "lost both games"));
        } else {
          measures.add(Measure.scored("win", part, 0.5, "games " + first + " and " + swapped));
        }
      }
      return measures;
    }
  }
}
