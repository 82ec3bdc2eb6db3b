package dev.mneme.preference;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.mneme.data.Evidence;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What the extractor makes of a history: a closed set, switched over without a default. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Extraction.Pair.class, name = "pair"),
  @JsonSubTypes.Type(value = Extraction.Rated.class, name = "rated"),
  @JsonSubTypes.Type(value = Extraction.Stated.class, name = "stated"),
  @JsonSubTypes.Type(value = Extraction.Rejected.class, name = "rejected"),
})
public sealed interface Extraction {
  /** A weighted preference pair, fit to train on. */
  record Pair(PreferencePair pair) implements Extraction {
    public Pair {
      requireNonNull(pair, "pair is null");
    }
  }

  /** A single reply with a clear score, for the supervised phase or KTO. */
  record Rated(RatedReply reply) implements Extraction {
    public Rated {
      requireNonNull(reply, "reply is null");
    }
  }

  /** A wish in words, for the prompt at once and for training later. */
  record Stated(StatedPreference preference) implements Extraction {
    public Stated {
      requireNonNull(preference, "preference is null");
    }
  }

  /**
   * Not taken.
   *
   * @param id of the pair or reply, or of the session when it was dropped whole
   * @param scope whose it was
   * @param reason the rule
   * @param explanation what the rule saw, without repeating the content it guards against
   * @param origin the pair's origin; null when it was a single reply or a session
   * @param evidence what had been known about it
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Rejected(
      String id,
      Scope scope,
      DropReason reason,
      String explanation,
      PreferencePair.@Nullable Origin origin,
      List<Evidence> evidence)
      implements Extraction {
    public Rejected {
      requireNonNull(id, "id is null");
      requireNonNull(scope, "scope is null");
      requireNonNull(reason, "reason is null");
      requireNonNull(explanation, "explanation is null");
      evidence = List.copyOf(evidence);
    }
  }
}
