package dev.mneme.model.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.JsonLines;
import dev.mneme.data.TrainingExample;
import dev.mneme.model.NonFiniteLossException;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.text.ChatTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One training run in one folder: {@code metrics.jsonl} grows line by line, {@code step-N} folders
 * are complete checkpoints with tokenizer and state, and running again resumes from the newest.
 *
 * <p>The same seed, data and thread count give the same weights after the same number of steps,
 * whether or not the run was interrupted in between; a run limited by wall-clock time alone takes
 * as many steps as the machine manages.
 *
 * <p>One thread at a time. The caller owns the model.
 */
public final class Trainer {
  private static final Logger log = LoggerFactory.getLogger(Trainer.class);
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja");

  private final TrainableModel model;
  private final ChatTemplate template;
  private final Path tokenizerFolder;
  private final ExampleSource source;
  private final List<PackedBatch> heldOut;
  private final TrainingConfig config;
  private final Path run;
  private final InstantSource clock;
  private RunState state = RunState.start();

  /**
   * A run.
   *
   * @param tokenizerFolder whose tokenizer files every checkpoint gets
   * @param heldOut examples the held-out loss is measured on; may be empty
   * @param run the run's folder, created if absent
   */
  public Trainer(
      TrainableModel model,
      ChatTemplate template,
      Path tokenizerFolder,
      ExampleSource source,
      List<TrainingExample> heldOut,
      TrainingConfig config,
      Path run,
      InstantSource clock) {
    this.model = model;
    this.template = template;
    this.tokenizerFolder = tokenizerFolder;
    this.source = source;
    this.heldOut = BatchStream.heldOut(heldOut, template, config);
    this.config = config;
    this.run = run;
    this.clock = clock;
  }

  /** The newest complete checkpoint of a run folder; null when there is none to resume. */
  public static @Nullable Path newestCheckpoint(Path run) {
    return RunState.newest(run);
  }

  /**
   * Takes position, clock and optimizer state from a checkpoint whose weights the model already
   * has.
   */
  public void resume(Path checkpoint) {
    state = RunState.load(checkpoint, model);
    log.info("Resuming at step {} after {} s", state.step(), Math.round(state.seconds()));
  }

  /**
   * Trains to the end of the schedule.
   *
   * @param onStep receives every step's metrics, on this thread
   * @param cancelled asked between steps; true writes a checkpoint and ends the run
   * @throws NonFiniteLossException on a NaN or infinite loss; the last checkpoint stays
   */
  public TrainingResult run(Consumer<StepMetrics> onStep, BooleanSupplier cancelled) {
    try {
      Files.createDirectories(run);
    } catch (IOException e) {
      throw new CheckpointException(run + ": cannot be created (" + e + ")", e);
    }
    long started = clock.millis();
    double before = state.seconds();
    TrainingResult.End end = TrainingResult.End.FINISHED;
    try (var batches = new BatchStream(source, template, config, state.position())) {
      while (progress(seconds(started, before)) < 1) {
        if (cancelled.getAsBoolean()) {
          end = TrainingResult.End.CANCELLED;
          break;
        }
        StepMetrics metrics = step(batches.next(), started, before);
        append(metrics);
        onStep.accept(metrics);
        if (config.patience() > 0 && state.evaluationsSinceBest() >= config.patience()) {
          end = TrainingResult.End.NO_IMPROVEMENT;
          break;
        }
        if (config.checkpointEvery() > 0 && state.step() % config.checkpointEvery() == 0) {
          save();
        }
      }
    }
    double heldOutLoss = heldOut.isEmpty() ? 0 : heldOutLoss();
    Path checkpoint = save();
    return new TrainingResult(
        checkpoint,
        state.step(),
        state.tokens(),
        state.seconds(),
        heldOutLoss,
        state.skipped(),
        end);
  }

  private StepMetrics step(BatchStream.Batch batch, long started, double before) {
    long stepStarted = clock.millis();
    double progress = progress(seconds(started, before));
    double rate = config.learningRate() * config.schedule().factor(state.step(), progress);
    PackedBatch packed = progress >= config.repliesOnlyFrom() ? batch.replies() : batch.all();
    double weight = packed.weight();
    double loss = model.crossEntropy(packed, 1 / weight) / weight;
    double norm = model.clipGradients(config.clipNorm());
    if (!Double.isFinite(loss) || !Double.isFinite(norm)) {
      throw new NonFiniteLossException(
          "step "
              + state.step()
              + ": the loss is "
              + loss
              + " and the gradient's norm "
              + norm
              + " on examples "
              + batch.from()
              + " to "
              + (batch.to() - 1)
              + "; lower the learning rate and resume from the last checkpoint");
    }
    double violation = model.maxViolation();
    model.step(rate);
    long now = clock.millis();
    double best = state.bestHeldOutLoss();
    int since = state.evaluationsSinceBest();
    Double evaluated = null;
    long step = state.step() + 1;
    if (config.evaluateEvery() > 0 && !heldOut.isEmpty() && step % config.evaluateEvery() == 0) {
      evaluated = heldOutLoss();
      since = evaluated < best ? 0 : since + 1;
      best = Math.min(best, evaluated);
    }
    state =
        new RunState(
            step,
            batch.to(),
            state.tokens() + packed.positions(),
            seconds(started, before),
            state.skipped() + batch.skipped(),
            best,
            since);
    return new StepMetrics(
        step,
        state.tokens(),
        state.seconds(),
        progress(state.seconds()),
        loss,
        rate,
        norm,
        packed.positions() * 1000.0 / Math.max(1, now - stepStarted),
        violation,
        evaluated);
  }

  /** Mean loss per reply token of the held-out examples. */
  public double heldOutLoss() {
    double sum = 0;
    double weight = 0;
    for (PackedBatch each : heldOut) {
      for (double logProb : model.logProbs(each)) {
        sum -= logProb;
      }
      weight += each.weight();
    }
    return weight == 0 ? 0 : sum / weight;
  }

  private double seconds(long started, double before) {
    return before + (clock.millis() - started) / 1000.0;
  }

  private double progress(double seconds) {
    double bySteps = config.maxSteps() == 0 ? 0 : (double) state.step() / config.maxSteps();
    Duration wall = config.maxWall();
    double byTime = wall == null ? 0 : seconds / (wall.toMillis() / 1000.0);
    return Math.min(1, Math.max(bySteps, byTime));
  }

  private Path save() {
    return state.save(run, model, this::copyTokenizer);
  }

  private void copyTokenizer(Path folder) {
    for (String name : TOKENIZER_FILES) {
      Path from = tokenizerFolder.resolve(name);
      try {
        if (Files.exists(from)) {
          Files.copy(from, folder.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      } catch (IOException e) {
        throw new CheckpointException(from + ": cannot be copied to " + folder + " (" + e + ")", e);
      }
    }
  }

  private void append(StepMetrics metrics) {
    Path file = run.resolve("metrics.jsonl");
    try {
      Files.writeString(
          file,
          JsonLines.line(metrics),
          UTF_8,
          StandardOpenOption.CREATE,
          StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be written (" + e + ")", e);
    }
  }
}
