package dev.mneme.agent.sim;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.ChatModel;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What a simulation may use besides the model of its agents.
 *
 * @param wishes makes a listener for one person's standing wishes; heard only where agents remember
 * @param people the model that finds the words of people whose scenario says {@code speech: model};
 *     not closed; null when there is none
 */
public record Surroundings(Supplier<Wishes> wishes, @Nullable ChatModel people) {
  /** No one listens to wishes, and all people speak as programs. */
  public static final Surroundings NONE = new Surroundings(Wishes::none, null);

  public Surroundings {
    requireNonNull(wishes, "wishes is null");
  }
}
