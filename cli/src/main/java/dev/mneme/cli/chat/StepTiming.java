package dev.mneme.cli.chat;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.agent.AgentSession;
import dev.mneme.data.Latency;
import dev.mneme.data.Provenance;
import dev.mneme.data.Turn;

/**
 * Where the time of one step went.
 *
 * @param totalMillis from the message to the reply's being complete and durable
 * @param modelMillis of it in the model, all rounds of generation together
 * @param aroundMillis the rest: recall, putting the prompt together, logging, and tools
 */
public record StepTiming(
    @JsonProperty("total_millis") double totalMillis,
    @JsonProperty("model_millis") double modelMillis,
    @JsonProperty("around_millis") double aroundMillis) {

  /** The timing of the newest step of a session, which took {@code nanos}. */
  public static StepTiming of(AgentSession session, long nanos) {
    double model = 0;
    for (Turn each : session.lastStep()) {
      Provenance provenance = each.provenance();
      Latency latency = provenance == null ? null : provenance.latency();
      if (latency != null) {
        model += latency.totalMillis();
      }
    }
    double total = nanos / 1e6;
    return new StepTiming(total, model, total - model);
  }
}
