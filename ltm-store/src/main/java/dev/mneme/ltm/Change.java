package dev.mneme.ltm;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.mneme.data.Json;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One mutation of the store. Applying the changes of a journal in order to an empty ledger gives
 * the ledger; so the journal, an export and a recovery all speak this one language. A change refers
 * to others only by stable ids, never by sequence.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "op")
@JsonInclude(JsonInclude.Include.NON_NULL)
@JsonSubTypes({
  @JsonSubTypes.Type(value = Change.TurnAdded.class, name = "turn"),
  @JsonSubTypes.Type(value = Change.TurnsForgotten.class, name = "forget"),
  @JsonSubTypes.Type(value = Change.TurnsRestored.class, name = "restore"),
  @JsonSubTypes.Type(value = Change.TurnRevised.class, name = "revise"),
  @JsonSubTypes.Type(value = Change.SignalAdded.class, name = "signal"),
  @JsonSubTypes.Type(value = Change.FactSet.class, name = "fact"),
  @JsonSubTypes.Type(value = Change.PairRecorded.class, name = "pair"),
  @JsonSubTypes.Type(value = Change.Trained.class, name = "trained"),
  @JsonSubTypes.Type(value = Change.Granted.class, name = "grant"),
  @JsonSubTypes.Type(value = Change.Revoked.class, name = "revoke"),
  @JsonSubTypes.Type(value = Change.Shared.class, name = "share"),
  @JsonSubTypes.Type(value = Change.Unshared.class, name = "unshare"),
  @JsonSubTypes.Type(value = Change.Erased.class, name = "erased"),
})
sealed interface Change {
  /** Whose data the change holds; null when nobody's (an erasure's trace). */
  @JsonIgnore
  @Nullable Owner owner();

  /** A change as the ledger's log keeps it; null for a turn, which has a row of its own. */
  static @Nullable String json(Change change) {
    return change instanceof TurnAdded
        ? null
        : Json.mapper().writerFor(Change.class).writeValueAsString(change);
  }

  /** A turn was said. {@code echo}: kept as conversation, but not a memory. */
  record TurnAdded(Turn turn, boolean echo) implements Change {
    @Override
    public Owner owner() {
      return Owner.of(turn.scope());
    }
  }

  /** Turns are hidden from everything but history. */
  record TurnsForgotten(Owner of, List<String> ids, String reason) implements Change {
    public TurnsForgotten {
      ids = List.copyOf(ids);
    }

    @Override
    public Owner owner() {
      return of;
    }
  }

  /** Forgotten or revised turns are back. */
  record TurnsRestored(Owner of, List<String> ids) implements Change {
    public TurnsRestored {
      ids = List.copyOf(ids);
    }

    @Override
    public Owner owner() {
      return of;
    }
  }

  /** {@code newId} says it better than {@code oldId}, which recall no longer shows. */
  record TurnRevised(Owner of, String oldId, String newId) implements Change {
    @Override
    public Owner owner() {
      return of;
    }
  }

  /** Somebody judged a reply. */
  record SignalAdded(Scope scope, Signal signal) implements Change {
    @Override
    public Owner owner() {
      return Owner.of(scope);
    }
  }

  /** The newest version of a fact; {@code automatic} when a rule and not a person wrote it. */
  record FactSet(Owner of, Fact fact, boolean automatic) implements Change {
    @Override
    public Owner owner() {
      return of;
    }
  }

  /** A preference pair was made from these turns. */
  record PairRecorded(PreferencePair pair, List<String> turnIds) implements Change {
    public PairRecorded {
      turnIds = List.copyOf(turnIds);
    }

    @Override
    public Owner owner() {
      return Owner.of(pair.scope());
    }
  }

  /** A checkpoint was trained on these turns. */
  record Trained(Owner of, String checkpoint, List<String> turnIds) implements Change {
    public Trained {
      turnIds = List.copyOf(turnIds);
    }

    @Override
    public Owner owner() {
      return of;
    }
  }

  /** A user (with one agent, or all: {@code *}) may read a collection, and perhaps add to it. */
  record Granted(String tenant, String collection, String user, String agent, boolean mayWrite)
      implements Change {
    @Override
    public Owner owner() {
      return new Owner(tenant, user, agent);
    }
  }

  /** The grant is gone. */
  record Revoked(String tenant, String collection, String user, String agent) implements Change {
    @Override
    public Owner owner() {
      return new Owner(tenant, user, agent);
    }
  }

  /** Turns of their owner can be recalled by the readers of a collection. */
  record Shared(Owner of, String collection, List<String> ids) implements Change {
    public Shared {
      ids = List.copyOf(ids);
    }

    @Override
    public Owner owner() {
      return of;
    }
  }

  /** No longer. */
  record Unshared(Owner of, String collection, List<String> ids) implements Change {
    public Unshared {
      ids = List.copyOf(ids);
    }

    @Override
    public Owner owner() {
      return of;
    }
  }

  /**
   * Somebody's data was erased. Holds no name: {@code subject} is a salted hash, enough to answer
   * "was this person erased, and when?".
   */
  record Erased(String subject, String salt, int turns, int facts, int signals, int pairs)
      implements Change {
    @Override
    public @Nullable Owner owner() {
      return null;
    }
  }
}
