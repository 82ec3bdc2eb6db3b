package dev.mneme.agent.sim;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.ModelRef;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/**
 * The port to the cycle: extract preferences, train, gate, promote. After it returns, the model
 * that all agents share answers with what was promoted.
 */
public interface Evolution {
  /**
   * Runs one cycle.
   *
   * @param round 1 for the first
   * @param history everything people and agents said and did so far; nothing that is hidden
   * @param now simulated time
   */
  Outcome evolve(int round, History history, Instant now);

  /**
   * What can be found out about the weights that answer now, outside of the conversations: for
   * example {@code mt_bench} or {@code kl_first}. Asked before the first step (round 0) and after
   * every cycle; a resumed run asks only for what its log does not have.
   */
  default Map<String, Double> measure(int round) {
    return Map.of();
  }

  /** A resumed run says which outcome its log ends with, so that the same weights answer. */
  void restore(Outcome last);

  /** What can be seen from outside. */
  record History(List<Turn> turns, List<ScopedSignal> signals) {
    public History {
      turns = List.copyOf(turns);
      signals = List.copyOf(signals);
    }
  }

  /** A signal and in whose conversation it was given. */
  record ScopedSignal(Scope scope, Signal signal) {}

  /**
   * What came of a cycle.
   *
   * @param promoted whether other weights answer now
   * @param model the weights that answer now
   * @param note why, for people
   * @param measures numbers of the cycle worth keeping, for example {@code kl}
   */
  record Outcome(boolean promoted, ModelRef model, String note, Map<String, Double> measures) {
    public Outcome {
      requireNonNull(model, "model is null");
      requireNonNull(note, "note is null");
      measures = Map.copyOf(measures);
    }
  }
}
