package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Sampling;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What a run is: the {@code run.json} beside its log.
 *
 * @param id its directory's name
 * @param task its name
 * @param model who was asked
 * @param solver id of the solver
 * @param scorer id of the scorer of the latest session
 * @param dataHash content hash of all prompts of the task
 * @param primary the figure that stands for the task
 * @param sampling as asked for; an item may have its own temperature
 * @param epochs how often each item was to be asked
 * @param sessions each time somebody worked on it to a clean end
 * @param judge the judge's model and its own score on LLMBar; null when nobody judged
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record RunInfo(
    String id,
    String task,
    ModelRef model,
    String solver,
    String scorer,
    String dataHash,
    Metric primary,
    Sampling sampling,
    int epochs,
    List<Session> sessions,
    @Nullable JudgeInfo judge) {
  public RunInfo {
    requireNonNull(id, "id is null");
    requireNonNull(task, "task is null");
    requireNonNull(model, "model is null");
    requireNonNull(solver, "solver is null");
    requireNonNull(scorer, "scorer is null");
    requireNonNull(primary, "primary is null");
    requireNonNull(sampling, "sampling is null");
    sessions = sessions == null ? List.of() : List.copyOf(sessions);
  }

  /**
   * One sitting.
   *
   * @param started when
   * @param wallMillis how long
   * @param generated items generated in it
   * @param reused items found in the log or in another run
   * @param errors items that failed in it
   * @param promptTokens of the generated items
   * @param replyTokens of the generated items
   * @param peakMemoryBytes the process's largest resident size, or its heap where the system does
   *     not tell
   * @param stoppedBy which limit ended it; null when it got through
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  public record Session(
      Instant started,
      long wallMillis,
      int generated,
      int reused,
      int errors,
      long promptTokens,
      long replyTokens,
      long peakMemoryBytes,
      @Nullable String stoppedBy) {}

  /**
   * Who judged, and how well that judge judges.
   *
   * @param model the judge
   * @param llmBarNatural its accuracy on LLMBar's Natural set
   * @param llmBarAdversarial its accuracy on LLMBar's Adversarial-Manual set
   * @param longerWinsNatural what "longer wins" reaches there
   * @param longerWinsAdversarial what "longer wins" reaches there
   */
  public record JudgeInfo(
      ModelRef model,
      double llmBarNatural,
      double llmBarAdversarial,
      double longerWinsNatural,
      double longerWinsAdversarial) {}

  /** True when its figure is a judge's opinion, which is shown only with {@link #judge()}. */
  public boolean needsJudge() {
    return task.equals("mt-bench-single") || task.equals("mt-bench-pair");
  }

  RunInfo with(String newScorer, List<Session> newSessions) {
    return new RunInfo(
        id,
        task,
        model,
        solver,
        newScorer,
        dataHash,
        primary,
        sampling,
        epochs,
        newSessions,
        judge);
  }

  RunInfo withJudge(@Nullable JudgeInfo newJudge) {
    return new RunInfo(
        id, task, model, solver, scorer, dataHash, primary, sampling, epochs, sessions, newJudge);
  }
}
