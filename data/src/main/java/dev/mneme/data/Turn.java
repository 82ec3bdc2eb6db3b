package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * One message of a logged conversation: who said what, where and when, and how it came to be.
 *
 * <p>A reply names the user's turn it answers in {@code replyTo}. Two replies with the same {@code
 * replyTo} are a retry, which is a natural preference pair.
 *
 * @param id unique within the store
 * @param scope whose conversation
 * @param index position in the session, from 0; order is by index, never by time
 * @param speaker the name shown, for example {@code user}, {@code assistant} or a person's name
 * @param message what was said
 * @param at when, by the writer's clock
 * @param replyTo id of the turn this one answers; null on openers and tool results of none
 * @param provenance how a model wrote it; null on people's turns
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Turn(
    String id,
    Scope scope,
    int index,
    String speaker,
    Message message,
    Instant at,
    @Nullable String replyTo,
    @Nullable Provenance provenance) {
  public Turn {
    requireNonNull(id, "id is null");
    requireNonNull(scope, "scope is null");
    requireNonNull(speaker, "speaker is null");
    requireNonNull(message, "message is null");
    requireNonNull(at, "at is null");
    if (index < 0) {
      throw new IllegalArgumentException("turn index must not be negative, got " + index);
    }
  }
}
