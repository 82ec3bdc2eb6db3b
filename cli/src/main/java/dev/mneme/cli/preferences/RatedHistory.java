package dev.mneme.cli.preferences;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import dev.mneme.evals.satisfaction.RatedDialogue;
import dev.mneme.preference.History;
import dev.mneme.preference.Session;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Rated dialogues of other people as a history: each dialogue a person of its own who rated the
 * replies, all of them sharing. What the extractor makes of it can be read and judged by hand,
 * because nothing of it was made by us.
 */
public final class RatedHistory implements History {
  /** Whom they all belong to. */
  public static final String TENANT = "rated";

  private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

  private final List<Session> sessions = new ArrayList<>();

  /**
   * @param lowest the worst rating of the set
   * @param highest the best
   */
  public RatedHistory(List<RatedDialogue> dialogues, double lowest, double highest) {
    for (RatedDialogue each : dialogues) {
      sessions.add(session(each, sessions.size(), lowest, highest));
    }
  }

  private static Session session(
      RatedDialogue dialogue, int number, double lowest, double highest) {
    var scope =
        new Scope(
            TENANT,
            String.format(Locale.ROOT, "person-%05d", number),
            "assistant",
            "d-" + dialogue.id());
    var turns = new ArrayList<Turn>();
    String last = null;
    for (int i = 0; i < dialogue.messages().size(); i++) {
      Message message = dialogue.messages().get(i);
      if (message.content().isBlank()) {
        continue;
      }
      turns.add(
          new Turn(
              id(dialogue, i),
              scope,
              i,
              message.role().wireName(),
              message,
              at(number, i),
              message.role() == Role.ASSISTANT ? last : null,
              null));
      last = id(dialogue, i);
    }
    var signals = new ArrayList<Signal>();
    for (RatedDialogue.Rated rated : dialogue.rated()) {
      int stars = (int) Math.round(1 + 4 * (rated.rating() - lowest) / (highest - lowest));
      for (int reply : rated.replies()) {
        signals.add(
            new Signal.Rating(id(dialogue, reply), at(number, reply), Math.clamp(stars, 1, 5)));
      }
    }
    return new Session(scope, turns, signals);
  }

  private static String id(RatedDialogue dialogue, int message) {
    return dialogue.id() + "/" + message;
  }

  private static Instant at(int dialogue, int message) {
    return START.plusSeconds(3_600L * dialogue + 20L * message);
  }

  @Override
  @MustBeClosed
  public Stream<Session> sessions() {
    return sessions.stream();
  }

  @Override
  public Consent consentOf(String tenant, String user) {
    return Consent.SHARED;
  }
}
