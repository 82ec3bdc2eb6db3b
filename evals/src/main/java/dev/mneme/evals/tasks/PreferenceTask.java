package dev.mneme.evals.tasks;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Sampling;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Metric;
import dev.mneme.evals.Scorer;
import dev.mneme.evals.Solution;
import dev.mneme.evals.Solver;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Whether a model finds the preferred reply of a pair likelier than the other one.
 *
 * <p>{@code accuracy} compares whole replies; {@code accuracy_norm} compares them per character,
 * for a longer reply is less likely for being longer. {@code longer_chosen} says how often the
 * preferred reply is the longer one: what a model scores that has learned to write at length and
 * nothing else.
 */
public final class PreferenceTask {
  private PreferenceTask() {}

  /** Pairs with one text on each side; others are refused. */
  public static EvalTask of(List<PreferencePair> pairs) {
    var byId = new LinkedHashMap<String, PreferencePair>();
    var items = new ArrayList<EvalItem>();
    for (PreferencePair each : pairs) {
      if (each.prompt().isEmpty() || each.chosen().isEmpty() || each.rejected().isEmpty()) {
        throw new IllegalArgumentException(
            "pair " + each.id() + " needs a prompt, a chosen and a rejected reply");
      }
      byId.put(each.id(), each);
      items.add(
          new EvalItem(
              each.id(),
              each.origin().name().toLowerCase(Locale.ROOT),
              List.of(each.prompt().getLast().content()),
              List.of(text(each.chosen())),
              Map.of("rejected", text(each.rejected()))));
    }
    Map<String, PreferencePair> copy = Map.copyOf(byId);
    return new EvalTask(
        "preference", items, new Asking(copy), new Preferred(copy), Metric.accuracy("accuracy"));
  }

  private static String text(List<Message> messages) {
    return messages.stream().map(Message::content).collect(Collectors.joining("\n"));
  }

  private static PreferencePair get(Map<String, PreferencePair> pairs, EvalItem item) {
    PreferencePair pair = pairs.get(item.id());
    if (pair == null) {
      throw new IllegalArgumentException("no pair has the id " + item.id());
    }
    return pair;
  }

  private record Asking(Map<String, PreferencePair> pairs) implements Solver {
    @Override
    public String id() {
      return "preference/1";
    }

    @Override
    public String fingerprint(EvalItem item) {
      PreferencePair pair = get(pairs, item);
      return Json.mapper()
          .writeValueAsString(List.of(pair.prompt(), pair.chosen(), pair.rejected()));
    }

    @Override
    public Solution solve(
        EvalItem item, ChatModel model, Sampling sampling, Cancellation cancellation) {
      PreferencePair pair = get(pairs, item);
      var values = new LinkedHashMap<String, Double>();
      Likelihoods.ask(model, pair.prompt(), text(pair.chosen()), "chosen", values);
      Likelihoods.ask(model, pair.prompt(), text(pair.rejected()), "rejected", values);
      return new Solution(List.of(), values);
    }
  }

  private record Preferred(Map<String, PreferencePair> pairs) implements Scorer {
    @Override
    public String id() {
      return "preference/1";
    }

    @Override
    public List<Measure> score(EvalItem item, Solution solution) {
      PreferencePair pair = get(pairs, item);
      int chosenLength = Math.max(1, text(pair.chosen()).length());
      int rejectedLength = Math.max(1, text(pair.rejected()).length());
      Measure longer =
          Measure.scored(
              "longer_chosen",
              "",
              verdict(chosenLength, rejectedLength),
              chosenLength + " against " + rejectedLength + " characters");
      Double chosen = solution.values().get("chosen");
      Double rejected = solution.values().get("rejected");
      if (chosen == null || rejected == null) {
        return List.of(
            Likelihoods.missing("accuracy"), Likelihoods.missing("accuracy_norm"), longer);
      }
      String why = String.format(Locale.ROOT, "log-likelihoods %.2f and %.2f", chosen, rejected);
      return List.of(
          Measure.scored("accuracy", "", verdict(chosen, rejected), why),
          Measure.scored(
              "accuracy_norm", "", verdict(chosen / chosenLength, rejected / rejectedLength), why),
          longer);
    }

    private static double verdict(double chosen, double rejected) {
      return chosen > rejected ? 1 : chosen == rejected ? 0.5 : 0;
    }
  }
}
