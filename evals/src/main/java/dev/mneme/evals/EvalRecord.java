package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.data.Sampling;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One line of a run's log: one item, asked once.
 *
 * @param key content hash of model, solver, prompt, sampling, seed and epoch: the same key, the
 *     same question
 * @param scoreKey content hash of the key, the item and the scorer: the same key, the same score
 * @param item its id
 * @param category for figures by category
 * @param epoch counted from 0
 * @param prompt the user's turns
 * @param sampling how the replies were drawn
 * @param solution what came; null when the model failed
 * @param measures the scores; unscored when the model or the judge failed
 * @param error why the model or the judge failed; null when neither did
 * @param cached true when the solution was taken from another run; its latency is the original one
 * @param at when it was finished
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record EvalRecord(
    String key,
    String scoreKey,
    String item,
    String category,
    int epoch,
    List<String> prompt,
    Sampling sampling,
    @Nullable Solution solution,
    List<Measure> measures,
    @Nullable String error,
    boolean cached,
    Instant at) {
  public EvalRecord {
    requireNonNull(key, "key is null");
    requireNonNull(scoreKey, "scoreKey is null");
    requireNonNull(item, "item is null");
    requireNonNull(category, "category is null");
    requireNonNull(sampling, "sampling is null");
    requireNonNull(at, "at is null");
    prompt = prompt == null ? List.of() : List.copyOf(prompt);
    measures = measures == null ? List.of() : List.copyOf(measures);
  }

  EvalRecord asCached() {
    return new EvalRecord(
        key, scoreKey, item, category, epoch, prompt, sampling, solution, measures, error, true,
        at);
  }
}
