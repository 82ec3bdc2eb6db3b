package dev.mneme.agent.sim;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * One line of a simulation's log. Nothing in it depends on the wall clock or on threads.
 *
 * <p>The log is for the experimenter: {@link Judged} holds what the hidden profile said. It is
 * never an input of extraction or training.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = SimEvent.Started.class, name = "started"),
  @JsonSubTypes.Type(value = SimEvent.Asked.class, name = "asked"),
  @JsonSubTypes.Type(value = SimEvent.Worded.class, name = "worded"),
  @JsonSubTypes.Type(value = SimEvent.Generated.class, name = "generated"),
  @JsonSubTypes.Type(value = SimEvent.GenerationFailed.class, name = "generation_failed"),
  @JsonSubTypes.Type(value = SimEvent.Replied.class, name = "replied"),
  @JsonSubTypes.Type(value = SimEvent.Judged.class, name = "judged"),
  @JsonSubTypes.Type(value = SimEvent.Reacted.class, name = "reacted"),
  @JsonSubTypes.Type(value = SimEvent.CellFailed.class, name = "cell_failed"),
  @JsonSubTypes.Type(value = SimEvent.Checkpoint.class, name = "checkpoint"),
  @JsonSubTypes.Type(value = SimEvent.Evolved.class, name = "evolved"),
  @JsonSubTypes.Type(value = SimEvent.Measured.class, name = "measured"),
  @JsonSubTypes.Type(value = SimEvent.Ended.class, name = "ended"),
})
public sealed interface SimEvent {
  /**
   * What is run; a log can only be resumed by the same run.
   *
   * @param changes the steps from which people like something else; what, stays hidden
   */
  record Started(
      String scenario, String fingerprint, long seed, int cells, int steps, List<Integer> changes)
      implements SimEvent {
    public Started {
      changes = changes == null ? List.of() : List.copyOf(changes);
      requireNonNull(scenario, "scenario is null");
      requireNonNull(fingerprint, "fingerprint is null");
    }
  }

  /** Somebody spoke to an agent. */
  record Asked(int step, int cell, String by, String to, String text, String act)
      implements SimEvent {}

  /**
   * How a person whose words a model finds put it.
   *
   * @param meant what the program wanted said
   * @param text what is said: the model's words, or what was meant where those lost something
   * @param kept whether the model's words were taken
   */
  record Worded(int step, int cell, String by, String meant, String text, boolean kept)
      implements SimEvent {}

  /** What the model gave; everything that is needed to do without it in a replay. */
  record Generated(
      int step,
      int cell,
      Message message,
      Finish finish,
      int promptTokens,
      int cachedTokens,
      int replyTokens,
      ModelRef model)
      implements SimEvent {}

  /** The model failed. */
  record GenerationFailed(int step, int cell, String reason, boolean retryable, ModelRef model)
      implements SimEvent {}

  /**
   * An agent answered.
   *
   * @param memories texts of the memories its prompt carried
   * @param foreign how many of them came from somebody else through sharing
   * @param leaked private values of other people that the reply or the prompt's memories hold
   */
  record Replied(
      int step,
      int cell,
      String agent,
      String turnId,
      String text,
      List<String> memories,
      int foreign,
      int leaked)
      implements SimEvent {
    public Replied {
      memories = List.copyOf(memories);
    }
  }

  /**
   * The hidden profile's verdict.
   *
   * @param by the person who judged, as the scenario calls them
   * @param satisfaction 0 to 1
   * @param form the part of it that is about form
   * @param success whether the reply has the answer; null where none is asked for
   * @param remembered for a question about a told fact, whether the prompt carried it; null
   *     otherwise
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Judged(
      int step,
      int cell,
      String by,
      String turnId,
      double satisfaction,
      double form,
      @Nullable Boolean success,
      @Nullable Boolean remembered)
      implements SimEvent {}

  /** What the person did about a reply, as everybody can see it. */
  record Reacted(int step, int cell, String turnId, String how, String words) implements SimEvent {
    /** How a person reacts who says what the reply should have been. */
    static final String FIX = "fix";
  }

  /** A cell stopped; the others go on. */
  record CellFailed(int step, int cell, String reason) implements SimEvent {}

  /** All events before {@code step} are in the log; a run can be resumed from here. */
  record Checkpoint(int step) implements SimEvent {}

  /** A cycle was run. */
  record Evolved(
      int step,
      int round,
      boolean promoted,
      ModelRef model,
      String note,
      Map<String, Double> measures)
      implements SimEvent {
    public Evolved {
      measures = new TreeMap<>(measures);
    }
  }

  /**
   * What was found out about the weights outside of the conversations: before the first step, and
   * after every cycle.
   */
  record Measured(int step, int round, ModelRef model, Map<String, Double> measures)
      implements SimEvent {
    public Measured {
      measures = new TreeMap<>(measures);
    }
  }

  /** The run is over. */
  record Ended(int step, String why) implements SimEvent {}
}
