package dev.mneme.evals.tasks;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.data.EvalItem;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.evals.EvalException;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import dev.mneme.evals.Solver;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntToDoubleFunction;
import org.jspecify.annotations.Nullable;

/**
 * Multiple choice by log-likelihood, in MMLU's formats.
 *
 * <p>{@code accuracy} shows the options with letters and takes the likeliest letter, as MMLU does
 * (Hendrycks et al., arXiv 2009.03300). {@code accuracy_norm} shows the question alone and takes
 * the option whose text is likeliest per byte, which small models can do long before they can point
 * at letters.
 */
public final class ChoiceTask {
  private ChoiceTask() {}

  /**
   * One line of a JSONL file.
   *
   * @param question the question alone
   * @param choices two or more options
   * @param answer the right one: its index from 0, or its letter
   * @param subject for figures by category; may be absent
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Question(
      String question, List<String> choices, String answer, @Nullable String subject) {
    public Question {
      if (question == null || question.isBlank()) {
        throw new IllegalArgumentException("a question needs a \"question\"");
      }
      if (choices == null || choices.size() < 2 || choices.size() > 26) {
        throw new IllegalArgumentException("\"" + question + "\" needs 2 to 26 \"choices\"");
      }
      choices = List.copyOf(choices);
      if (answer == null || index(answer) < 0 || index(answer) >= choices.size()) {
        throw new IllegalArgumentException(
            "the \"answer\" of \""
                + question
                + "\" must be an index below "
                + choices.size()
                + " or a letter, got "
                + answer);
      }
    }

    int correct() {
      return index(answer);
    }

    private static int index(String answer) {
      String text = answer.strip();
      if (text.matches("\\d{1,2}")) {
        return Integer.parseInt(text);
      }
      return text.matches("[A-Za-z]") ? Character.toUpperCase(text.charAt(0)) - 'A' : -1;
    }
  }

  /**
   * Reads {@code .csv} (question, options, letter; no header; the file's name is the subject) or
   * JSON Lines.
   *
   * @throws EvalException naming file and line, for a row of another format
   */
  public static EvalTask of(Path file) {
    String name = file.getFileName().toString();
    return of(
        name.endsWith(".csv")
            ? csv(file, name.substring(0, name.length() - ".csv".length()))
            : JsonLines.readAll(file, Question.class));
  }

  /** Any questions. */
  public static EvalTask of(List<Question> questions) {
    var items = new ArrayList<EvalItem>();
    for (Question each : questions) {
      String subject = each.subject();
      items.add(
          new EvalItem(
              "q" + (items.size() + 1),
              subject == null ? "all" : subject,
              List.of(each.question()),
              List.of(each.choices().get(each.correct())),
              Map.of("choices", each.choices(), "correct", each.correct())));
    }
    return new EvalTask(
        "choice", items, new Asking(), new Likeliest(), Metric.accuracy("accuracy"));
  }

  private static List<Question> csv(Path file, String subject) {
    try {
      var questions = new ArrayList<Question>();
      for (Csv.Row row : Csv.parse(Files.readString(file, UTF_8), file.toString())) {
        List<String> cells = row.cells();
        if (cells.size() < 4) {
          throw new EvalException(
              file
                  + ":"
                  + row.line()
                  + ": expected a question, two or more options and the right letter, got "
                  + cells.size()
                  + " columns",
              null);
        }
        try {
          questions.add(
              new Question(
                  cells.getFirst(), cells.subList(1, cells.size() - 1), cells.getLast(), subject));
        } catch (IllegalArgumentException e) {
          throw new EvalException(file + ":" + row.line() + ": " + e.getMessage(), e);
        }
      }
      return questions;
    } catch (IOException e) {
      throw new EvalException("cannot read " + file + " as UTF-8", e);
    }
  }

  private static List<String> choices(EvalItem item) {
    return ((List<?>) item.metadata().getOrDefault("choices", List.of()))
        .stream().map(String::valueOf).toList();
  }

  private static String letter(int index) {
    return String.valueOf((char) ('A' + index));
  }

  private static final class Asking implements Solver {
    @Override
    public String id() {
      return "choice/1";
    }

    @Override
    public String fingerprint(EvalItem item) {
      return withLetters(item) + "\u0000" + String.join("\u0000", choices(item));
    }

    @Override
    public Solution solve(
        EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
      var values = new LinkedHashMap<String, Double>();
      List<Message> lettered = List.of(Message.user(withLetters(item)));
      List<Message> plain = List.of(Message.user(item.turns().getFirst()));
      List<String> choices = choices(item);
      for (int i = 0; i < choices.size(); i++) {
        Likelihoods.ask(model, lettered, letter(i), "letter:" + i, values);
        Likelihoods.ask(model, plain, choices.get(i), "text:" + i, values);
      }
      return new Solution(List.of(), values);
    }

    private static String withLetters(EvalItem item) {
      var prompt = new StringBuilder(item.turns().getFirst());
      List<String> choices = choices(item);
      for (int i = 0; i < choices.size(); i++) {
        prompt.append('\n').append(letter(i)).append(". ").append(choices.get(i));
      }
      return prompt.append("\nAnswer with the letter only.").toString();
    }
  }

  private static final class Likeliest implements Scorer {
    @Override
    public String id() {
      return "choice/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      List<String> choices = choices(item);
      Map<String, Double> values = solution.values();
      if (values.size() < 2 * choices.size()) {
        return List.of(Likelihoods.missing("accuracy"), Likelihoods.missing("accuracy_norm"));
      }
      int correct = ((Number) item.metadata().getOrDefault("correct", -1)).intValue();
      return List.of(
          measure("accuracy", correct, choices, i -> value(values, "letter:" + i)),
          measure(
              "accuracy_norm",
              correct,
              choices,
              i ->
                  value(values, "text:" + i) / Math.max(1, choices.get(i).getBytes(UTF_8).length)));
    }

    private static Measure measure(
        String metric, int correct, List<String> choices, IntToDoubleFunction likelihood) {
      int best = 0;
      for (int i = 1; i < choices.size(); i++) {
        best = likelihood.applyAsDouble(i) > likelihood.applyAsDouble(best) ? i : best;
      }
      return Measure.scored(
          metric,
          "",
          best == correct ? 1 : 0,
          "chose " + letter(best) + ", " + letter(correct) + " is right");
    }

    private static double value(Map<String, Double> values, String name) {
      Double value = values.get(name);
      return value == null ? Double.NEGATIVE_INFINITY : value;
    }
  }
}
