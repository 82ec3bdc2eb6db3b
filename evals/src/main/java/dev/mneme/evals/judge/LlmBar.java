package dev.mneme.evals.judge;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.evals.EvalException;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import tools.jackson.core.JacksonException;

/**
 * LLMBar (Zeng et al., arXiv 2310.07641): pairs of replies of which one is objectively better. The
 * subject is a judge, shown each pair in both orders.
 *
 * <p>{@code accuracy} is the share of games in which it picks the better one, a tie counting half;
 * {@code consistent} the share of pairs on which both orders agree; {@code longer_wins} what
 * picking the longer reply would reach on the same pairs, without asking anybody.
 */
public final class LlmBar {
  /** The category of the file with natural pairs. */
  public static final String NATURAL = "Natural";

  /** The category of the file with adversarial pairs written by hand. */
  public static final String ADVERSARIAL = "Adversarial_Manual";

  private LlmBar() {}

  private record Pair(
      String input,
      @JsonProperty("output_1") String output1,
      @JsonProperty("output_2") String output2,
      int label) {}

  /**
   * The task over all files {@code LLMBar_NAME_dataset.json} of a directory.
   *
   * @throws EvalException naming the file, when there is none or one is not LLMBar's
   */
  public static EvalTask of(Path directory, Map<String, JudgePrompt> judgePrompts) {
    JudgePrompt prompt = JudgePrompt.get(judgePrompts, "pair-v2");
    var items = new ArrayList<EvalItem>();
    var prompts = new LinkedHashMap<String, List<List<Message>>>();
    for (Map.Entry<String, List<Pair>> set : read(directory).entrySet()) {
      for (Pair each : set.getValue()) {
        String id = set.getKey() + "-" + (items.size() + 1);
        items.add(
            new EvalItem(
                id,
                set.getKey(),
                List.of(each.input()),
                List.of(each.label() == 1 ? each.output1() : each.output2()),
                Map.of(
                    "label",
                    each.label(),
                    "output_1",
                    each.output1(),
                    "output_2",
                    each.output2())));
        prompts.put(
            id,
            List.of(
                prompt.render(values(each.input(), each.output1(), each.output2())),
                prompt.render(values(each.input(), each.output2(), each.output1()))));
      }
    }
    return new EvalTask(
        "llmbar",
        items,
        new Asking("llmbar/1", prompts, Map.of()),
        new Picked(),
        Metric.accuracy("accuracy"));
  }

  private static Map<String, List<Pair>> read(Path directory) {
    var sets = new LinkedHashMap<String, List<Pair>>();
    try (var files = Files.newDirectoryStream(directory, "LLMBar_*_dataset.json")) {
      for (Path file : files) {
        String name = file.getFileName().toString();
        sets.put(
            name.substring("LLMBar_".length(), name.length() - "_dataset.json".length()),
            List.of(Json.mapper().readValue(Files.readString(file), Pair[].class)));
      }
    } catch (IOException | JacksonException e) {
      throw new EvalException("cannot read LLMBar's files in " + directory, e);
    }
    if (sets.isEmpty()) {
      throw new EvalException(
          directory + " holds no LLMBar_*_dataset.json; name the folder with LLMBar's files", null);
    }
    return sets;
  }

  private static Map<String, String> values(String question, String a, String b) {
    return Map.of("question", question, "answer_a", a, "answer_b", b);
  }

  private static final class Picked implements Scorer {
    @Override
    public String id() {
      return "llmbar/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      int label = ((Number) item.metadata().getOrDefault("label", 0)).intValue();
      int length1 = String.valueOf(item.metadata().get("output_1")).length();
      int length2 = String.valueOf(item.metadata().get("output_2")).length();
      Verdicts.Winner first = Verdicts.winner(solution.text(0));
      Verdicts.Winner second = Verdicts.winner(solution.text(1));
      Verdicts.Winner better = label == 1 ? Verdicts.Winner.A : Verdicts.Winner.B;
      Verdicts.Winner betterSwapped = label == 1 ? Verdicts.Winner.B : Verdicts.Winner.A;
      var measures = new ArrayList<Measure>();
      measures.add(game("as given", first, better));
      measures.add(game("swapped", second, betterSwapped));
      if (first != Verdicts.Winner.NONE && second != Verdicts.Winner.NONE) {
        boolean agree =
            first == Verdicts.Winner.TIE
                ? second == Verdicts.Winner.TIE
                : second != Verdicts.Winner.TIE && first != second;
        measures.add(
            Measure.scored("consistent", "", agree ? 1 : 0, first + ", swapped " + second));
      }
      double longer = length1 == length2 ? 0.5 : (length1 > length2) == (label == 1) ? 1 : 0;
      measures.add(
          Measure.scored(
              "longer_wins", "", longer, length1 + " against " + length2 + " characters"));
      return measures;
    }

    private static Measure game(String part, Verdicts.Winner winner, Verdicts.Winner better) {
      return switch (winner) {
        case NONE ->
            Measure.unscored(
                "accuracy", part, "the judge named no winner; expected [[A]] or [[B]]");
        case TIE -> Measure.scored("accuracy", part, 0.5, "called it a tie");
        case A, B -> Measure.scored("accuracy", part, winner == better ? 1 : 0, "picked " + winner);
      };
    }
  }
}
