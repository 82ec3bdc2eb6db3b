package dev.mneme.dpo.cycle;

import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Role;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What cannot be learnt from is taken out before training, and every removal is counted under its
 * reason.
 *
 * <p>Copies of one pair become one pair whose weight is their sum up to {@code copyCap} times the
 * largest, so that a hundred copies do not shout. Pairs that contradict each other (same prompt,
 * sides swapped) cancel: the heavier side stays with the difference of the weights.
 */
public final class PairHygiene {
  /** What tokenizers write control tokens as; in a message it is a mistake or an attack. */
  private static final Pattern CONTROL = Pattern.compile("<\\|[^<>|\\s]{1,40}\\|>");

  private final int maxTokens;
  private final double copyCap;
  private final ToIntFunction<List<Message>> countTokens;

  /**
   * @param maxTokens longest prompt plus reply
   * @param copyCap how many times the largest weight copies may reach together
   * @param countTokens tokens of a conversation as the model reads it
   */
  public PairHygiene(int maxTokens, double copyCap, ToIntFunction<List<Message>> countTokens) {
    this.maxTokens = maxTokens;
    this.copyCap = copyCap;
    this.countTokens = countTokens;
  }

  /**
   * @param kept what can be learnt from
   * @param dropped counts by reason
   */
  public record Cleaned(List<PreferencePair> kept, Map<String, Integer> dropped) {}

  public Cleaned clean(List<PreferencePair> pairs) {
    Map<String, Integer> dropped = new TreeMap<>();
    Map<String, List<PreferencePair>> copies = new LinkedHashMap<>();
    for (PreferencePair pair : pairs) {
      String reason = problem(pair);
      if (reason.isEmpty()) {
        copies.computeIfAbsent(key(pair, false), k -> new ArrayList<>()).add(pair);
      } else {
        dropped.merge(reason, 1, Integer::sum);
      }
    }
    Map<String, PreferencePair> merged = new LinkedHashMap<>();
    copies.forEach(
        (key, same) -> {
          if (same.size() > 1) {
            dropped.merge("copy of another pair (weights merged)", same.size() - 1, Integer::sum);
          }
          merged.put(key, merge(same));
        });
    List<PreferencePair> kept = new ArrayList<>();
    for (PreferencePair pair : merged.values()) {
      PreferencePair opposite = merged.get(key(pair, true));
      if (opposite == null) {
        kept.add(pair);
        continue;
      }
      double difference = pair.weight().total() - opposite.weight().total();
      if (difference > 0) {
        kept.add(withTotal(pair, difference));
      } else {
        dropped.merge("contradicted by another pair of at least its weight", 1, Integer::sum);
      }
    }
    return new Cleaned(kept, dropped);
  }

  private String problem(PreferencePair pair) {
    if (text(pair.chosen()).isBlank() || text(pair.rejected()).isBlank()) {
      return "empty reply";
    }
    if (pair.chosen().equals(pair.rejected())) {
      return "chosen equals rejected";
    }
    if (pair.prompt().isEmpty()) {
      return "empty prompt";
    }
    if (Stream.of(pair.prompt(), pair.chosen(), pair.rejected())
        .anyMatch(messages -> CONTROL.matcher(text(messages)).find())) {
      return "a special token such as <|...|> in the text";
    }
    if (pair.weight().total() == 0) {
      return "weight is zero";
    }
    if (length(pair.prompt(), pair.chosen()) > maxTokens
        || length(pair.prompt(), pair.rejected()) > maxTokens) {
      return "longer than " + maxTokens + " tokens";
    }
    return "";
  }

  private int length(List<Message> prompt, List<Message> reply) {
    List<Message> all = new ArrayList<>(prompt);
    all.addAll(reply);
    return countTokens.applyAsInt(all);
  }

  private PreferencePair merge(List<PreferencePair> same) {
    PreferencePair latest = same.getFirst();
    double sum = 0;
    double largest = 0;
    for (PreferencePair each : same) {
      sum += each.weight().total();
      largest = Math.max(largest, each.weight().total());
      if (each.at().isAfter(latest.at())) {
        latest = each;
      }
    }
    return same.size() == 1 ? latest : withTotal(latest, Math.min(sum, copyCap * largest));
  }

  private static PreferencePair withTotal(PreferencePair pair, double total) {
    PairWeight w = pair.weight();
    return pair.withWeight(
        new PairWeight(w.frequency(), w.recency(), w.intensity(), w.confidence(), total));
  }

  private static String key(PreferencePair pair, boolean swapped) {
    return Hashes.sha256(
        json(conversation(pair.prompt())),
        json(swapped ? pair.rejected() : pair.chosen()),
        json(swapped ? pair.chosen() : pair.rejected()));
  }

  /** Without the system message, whose date and memories make every day another prompt. */
  private static List<Message> conversation(List<Message> prompt) {
    return prompt.stream().filter(each -> each.role() != Role.SYSTEM).toList();
  }

  private static String json(List<Message> messages) {
    return Json.mapper().writeValueAsString(messages);
  }

  private static String text(List<Message> messages) {
    var text = new StringBuilder();
    for (Message each : messages) {
      text.append(each.content());
      each.toolCalls().forEach(call -> text.append(call.name()));
    }
    return text.toString();
  }
}
