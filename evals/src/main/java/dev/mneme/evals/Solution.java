package dev.mneme.evals;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a model made of one item, before anybody scores it.
 *
 * @param replies one for each turn; empty for tasks that only ask for likelihoods
 * @param values numbers the model gave, by name, for example log-likelihoods; empty for most tasks
 */
public record Solution(List<Reply> replies, Map<String, Double> values) {
  public Solution {
    replies = replies == null ? List.of() : List.copyOf(replies);
    values = values == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(values));
  }

  public static Solution of(List<Reply> replies) {
    return new Solution(replies, Map.of());
  }

  /** The text of a turn, counted from 0; empty text where the model did not get that far. */
  public String text(int turn) {
    return turn < replies.size() ? replies.get(turn).text() : "";
  }

  long tokens() {
    return replies.stream()
        .mapToLong(each -> (long) each.latency().promptTokens() + each.latency().replyTokens())
        .sum();
  }
}
