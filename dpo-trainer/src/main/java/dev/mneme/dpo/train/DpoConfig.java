package dev.mneme.dpo.train;

import dev.mneme.data.Json;
import dev.mneme.dpo.loss.KtoLoss;
import dev.mneme.dpo.loss.PreferenceLoss;
import dev.mneme.model.lora.LoraConfig;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * How a candidate is trained.
 *
 * @param loss name of the preference loss, as in TRL; see {@link PreferenceLoss#named}, or {@code
 *     kto}
 * @param beta strength of the pull towards the reference; lambda of orpo
 * @param labelSmoothing assumed share of wrong labels, for sigmoid (cDPO) and robust
 * @param rpoAlpha weight of the supervised term on chosen replies; 0 for none
 * @param gamma target margin of simpo
 * @param desirableWeight lambda_D of kto
 * @param undesirableWeight lambda_U of kto
 * @param learningRate peak of the preference phase
 * @param epochs passes over the pairs; 0 skips the preference phase
 * @param pairsPerStep pairs per optimizer step, at most; see {@link #forPairs}
 * @param minSteps steps of the preference phase that few pairs are to give as well; 0, as in
 *     records from before it, for however few they give
 * @param pairsPerMicroBatch pairs per forward and backward, fewer where they are long; gradients
 *     accumulate to a step
 * @param maxGradNorm clip
 * @param warmupFraction share of steps in which the learning rate rises from 0
 * @param optimizer {@code adamw} or {@code muon}
 * @param maxTokens longest prompt plus reply; longer pairs are left out, never cut
 * @param replayFraction tokens of earlier supervised text per token of pairs, in which the model is
 *     held to what it predicted before, against forgetting
 * @param replayWeight what that counts beside the pairs; 0, as in records from before it, for as
 *     much as replayFraction says
 * @param sftEpochs passes of the supervised phase over satisfying replies; 0 skips it
 * @param sftLearningRate peak of the supervised phase
 * @param satisfactionFloor replies below it are not imitated; for kto, replies below one minus it
 *     are undesirable
 * @param validationFraction share of training pairs held back for early stopping
 * @param patience evaluations without improvement before the preference phase stops; 0 never stops
 * @param klBudget how far the preference phase may go from where it started, in KL to the reference
 *     per token, nats; it stops when that is spent
 * @param maxMinutes wall-clock time after which the preference phase stops with what it has learnt;
 *     0 for no limit. A run that was stopped by it does not come out the same again
 * @param loraRank rank of a low-rank update that is trained instead of all weights; 0 trains all,
 *     which wants smaller rates, see {@link #withRank}
 * @param loraAlpha the low-rank update counts alpha / rank
 * @param loraTargets modules that get one, as in PEFT; {@code all-linear} for all inside the blocks
 * @param checkpointEvery steps between states a killed run can continue from; 0 for none
 * @param seed of shuffling, of the validation split and of a low-rank update's first values
 */
public record DpoConfig(
    String loss,
    double beta,
    double labelSmoothing,
    double rpoAlpha,
    double gamma,
    double desirableWeight,
    double undesirableWeight,
    double learningRate,
    int epochs,
    int pairsPerStep,
    int minSteps,
    int pairsPerMicroBatch,
    double maxGradNorm,
    double warmupFraction,
    String optimizer,
    int maxTokens,
    double replayFraction,
    double replayWeight,
    int sftEpochs,
    double sftLearningRate,
    double satisfactionFloor,
    double validationFraction,
    int patience,
    double klBudget,
    double maxMinutes,
    int loraRank,
    double loraAlpha,
    List<String> loraTargets,
    int checkpointEvery,
    long seed) {
  /** The name of the one loss that is not over pairs. */
  public static final String KTO = "kto";

  private static final int FEWEST_PER_STEP = 4;
  private static final double LOW_RANK_RATE = 5;

  public DpoConfig {
    loraTargets = List.copyOf(loraTargets);
    if (!(replayWeight >= 0)) {
      throw new IllegalArgumentException("replayWeight must not be negative, got " + replayWeight);
    }
    replayWeight = replayWeight == 0 ? replayFraction : replayWeight;
    if (loss.equals(KTO)) {
      new KtoLoss(beta, desirableWeight, undesirableWeight);
      if (rpoAlpha > 0) {
        throw new IllegalArgumentException(
            "kto has no chosen reply to imitate; expected rpoAlpha = 0, got " + rpoAlpha);
      }
    } else {
      PreferenceLoss.named(loss, beta, labelSmoothing, rpoAlpha, gamma);
    }
    requirePositive(learningRate, "learningRate");
    requirePositive(sftLearningRate, "sftLearningRate");
    requirePositive(maxGradNorm, "maxGradNorm");
    requirePositive(klBudget, "klBudget");
    if (!(maxMinutes >= 0)) {
      throw new IllegalArgumentException(
          "maxMinutes must be 0 (no limit) or positive, got " + maxMinutes);
    }
    if (epochs < 0 || pairsPerStep < 1 || pairsPerMicroBatch < 1 || maxTokens < 8) {
      throw new IllegalArgumentException(
          "epochs must not be negative, pairsPerStep and pairsPerMicroBatch must be at least 1 and"
              + " maxTokens at least 8, got "
              + epochs
              + ", "
              + pairsPerStep
              + ", "
              + pairsPerMicroBatch
              + ", "
              + maxTokens);
    }
    if (minSteps < 0) {
      throw new IllegalArgumentException("minSteps must not be negative, got " + minSteps);
    }
    if (sftEpochs < 0 || patience < 0 || checkpointEvery < 0 || !(replayFraction >= 0)) {
      throw new IllegalArgumentException(
          "sftEpochs, patience, checkpointEvery and replayFraction must not be negative, got "
              + sftEpochs
              + ", "
              + patience
              + ", "
              + checkpointEvery
              + ", "
              + replayFraction);
    }
    requireFraction(warmupFraction, "warmupFraction");
    requireFraction(validationFraction, "validationFraction");
    requireFraction(satisfactionFloor, "satisfactionFloor");
    if (!optimizer.equals("adamw") && !optimizer.equals("muon")) {
      throw new IllegalArgumentException("optimizer must be adamw or muon, got " + optimizer);
    }
    if (loraRank < 0) {
      throw new IllegalArgumentException("loraRank must be 0 (none) or positive, got " + loraRank);
    }
    if (loraRank > 0) {
      new LoraConfig(loraRank, loraAlpha, loraTargets);
    }
  }

  /**
   * What kept most and still learnt the wish, of what was tried on the bundled starter: a low-rank
   * update of the feed-forward matrices (docs/adr/0108), beside as much replay as docs/adr/0100
   * says.
   */
  public static DpoConfig defaults() {
    return new DpoConfig(
        "sigmoid",
        0.1,
        0,
        0.2,
        0.5,
        1,
        1,
        1.5e-3,
        3,
        16,
        48,
        16,
        1,
        0.1,
        "adamw",
        1024,
        8,
        8,
        1,
        1.5e-3,
        0.7,
        0.1,
        3,
        5.0,
        0,
        64,
        64,
        List.of("gate_proj", "up_proj", "down_proj"),
        16,
        0);
  }

  /**
   * As it is for so many pairs. Where they would give fewer than {@code minSteps} steps, they are
   * passed up to twice as often, and then a step has fewer of them, down to four: what forty
   * corrections teach in six steps of sixteen is nothing (docs/adr/0107).
   */
  public DpoConfig forPairs(int pairs) {
    if (pairs == 0 || epochs == 0) {
      return this;
    }
    int passes = Math.clamp(Math.ceilDiv(minSteps * pairsPerStep, pairs), epochs, 2 * epochs);
    int fewest = Math.min(FEWEST_PER_STEP, pairsPerStep);
    int perStep = Math.clamp((long) passes * pairs / Math.max(1, minSteps), fewest, pairsPerStep);
    return toBuilder().pairsPerStep(perStep).epochs(passes).build();
  }

  /**
   * Another loss with the settings its paper gives, where they differ from DPO's: losses over
   * log-probabilities per token need a larger beta, for these are smaller than sums. SimPO: beta 2,
   * gamma 1 (arXiv 2405.14734, section 4); sigmoid_norm: beta 2, as SimPO; losses that hold up the
   * chosen reply themselves (simpo, orpo, kto, apo_zero) take no supervised term.
   */
  public DpoConfig withLoss(String name) {
    Builder changed = toBuilder().loss(name);
    return switch (name) {
      case "simpo" -> changed.beta(2).gamma(1).rpoAlpha(0).build();
      case "sigmoid_norm" -> changed.beta(2).build();
      case "orpo", "kto", "apo_zero" -> changed.rpoAlpha(0).build();
      default -> changed.build();
    };
  }

  /**
   * With a low-rank update of another rank, or with all weights (rank 0). These bear a smaller
   * rate: a low-rank update wants some five to ten times that of all weights, whatever its rank
   * (Schulman et al., "LoRA Without Regret", 2025); here it is five.
   */
  public DpoConfig withRank(int rank) {
    Builder changed = toBuilder().loraRank(rank);
    if ((rank == 0) == (loraRank == 0)) {
      return changed.build();
    }
    double times = rank == 0 ? 1 / LOW_RANK_RATE : LOW_RANK_RATE;
    return changed
        .learningRate(learningRate * times)
        .sftLearningRate(sftLearningRate * times)
        .build();
  }

  /**
   * As a checkpoint's record has it. Settings that did not exist when it was written have the value
   * that changes nothing.
   */
  public static DpoConfig recorded(Map<String, Object> record) {
    @SuppressWarnings("unchecked") // a record as JSON is an object
    Map<String, Object> values =
        new LinkedHashMap<>(Json.mapper().convertValue(defaults(), Map.class));
    values.putAll(Map.of("minSteps", 0, "replayWeight", 0, "loraRank", 0));
    values.putAll(record);
    return Json.mapper().convertValue(values, DpoConfig.class);
  }

  /** What is minimised in the preference phase. */
  Objective objective() {
    return loss.equals(KTO)
        ? new Objective.Singles(new KtoLoss(beta, desirableWeight, undesirableWeight))
        : new Objective.Pairs(PreferenceLoss.named(loss, beta, labelSmoothing, rpoAlpha, gamma));
  }

  /** The low-rank update to train; null trains every weight. */
  public @Nullable LoraConfig lora() {
    return loraRank == 0 ? null : new LoraConfig(loraRank, loraAlpha, loraTargets);
  }

  /** Starts from these values. */
  public Builder toBuilder() {
    return new Builder(this);
  }

  private static void requirePositive(double value, String name) {
    if (!(value > 0) || Double.isInfinite(value)) {
      throw new IllegalArgumentException(name + " must be positive, got " + value);
    }
  }

  private static void requireFraction(double value, String name) {
    if (!(value >= 0 && value <= 1)) {
      throw new IllegalArgumentException(name + " must be in [0, 1], got " + value);
    }
  }

  /** Some values changed, the rest kept. Not thread-safe. */
  public static final class Builder {
    private String loss;
    private double beta;
    private double labelSmoothing;
    private double rpoAlpha;
    private double gamma;
    private double desirableWeight;
    private double undesirableWeight;
    private double learningRate;
    private int epochs;
    private int pairsPerStep;
    private int minSteps;
    private int pairsPerMicroBatch;
    private double maxGradNorm;
    private double warmupFraction;
    private String optimizer;
    private int maxTokens;
    private double replayFraction;
    private double replayWeight;
    private int sftEpochs;
    private double sftLearningRate;
    private double satisfactionFloor;
    private double validationFraction;
    private int patience;
    private double klBudget;
    private double maxMinutes;
    private int loraRank;
    private double loraAlpha;
    private List<String> loraTargets;
    private int checkpointEvery;
    private long seed;

    private Builder(DpoConfig from) {
      loss = from.loss;
      beta = from.beta;
      labelSmoothing = from.labelSmoothing;
      rpoAlpha = from.rpoAlpha;
      gamma = from.gamma;
      desirableWeight = from.desirableWeight;
      undesirableWeight = from.undesirableWeight;
      learningRate = from.learningRate;
      epochs = from.epochs;
      pairsPerStep = from.pairsPerStep;
      minSteps = from.minSteps;
      pairsPerMicroBatch = from.pairsPerMicroBatch;
      maxGradNorm = from.maxGradNorm;
      warmupFraction = from.warmupFraction;
      optimizer = from.optimizer;
      maxTokens = from.maxTokens;
      replayFraction = from.replayFraction;
      replayWeight = from.replayWeight;
      sftEpochs = from.sftEpochs;
      sftLearningRate = from.sftLearningRate;
      satisfactionFloor = from.satisfactionFloor;
      validationFraction = from.validationFraction;
      patience = from.patience;
      klBudget = from.klBudget;
      maxMinutes = from.maxMinutes;
      loraRank = from.loraRank;
      loraAlpha = from.loraAlpha;
      loraTargets = from.loraTargets;
      checkpointEvery = from.checkpointEvery;
      seed = from.seed;
    }

    public Builder loss(String value) {
      loss = value;
      return this;
    }

    public Builder beta(double value) {
      beta = value;
      return this;
    }

    public Builder labelSmoothing(double value) {
      labelSmoothing = value;
      return this;
    }

    public Builder rpoAlpha(double value) {
      rpoAlpha = value;
      return this;
    }

    public Builder gamma(double value) {
      gamma = value;
      return this;
    }

    public Builder desirableWeight(double value) {
      desirableWeight = value;
      return this;
    }

    public Builder undesirableWeight(double value) {
      undesirableWeight = value;
      return this;
    }

    public Builder learningRate(double value) {
      learningRate = value;
      return this;
    }

    public Builder epochs(int value) {
      epochs = value;
      return this;
    }

    public Builder pairsPerStep(int value) {
      pairsPerStep = value;
      return this;
    }

    public Builder minSteps(int value) {
      minSteps = value;
      return this;
    }

    public Builder pairsPerMicroBatch(int value) {
      pairsPerMicroBatch = value;
      return this;
    }

    public Builder maxGradNorm(double value) {
      maxGradNorm = value;
      return this;
    }

    public Builder warmupFraction(double value) {
      warmupFraction = value;
      return this;
    }

    public Builder optimizer(String value) {
      optimizer = value;
      return this;
    }

    public Builder maxTokens(int value) {
      maxTokens = value;
      return this;
    }

    public Builder replayFraction(double value) {
      replayFraction = value;
      return this;
    }

    public Builder replayWeight(double value) {
      replayWeight = value;
      return this;
    }

    public Builder sftEpochs(int value) {
      sftEpochs = value;
      return this;
    }

    public Builder sftLearningRate(double value) {
      sftLearningRate = value;
      return this;
    }

    public Builder satisfactionFloor(double value) {
      satisfactionFloor = value;
      return this;
    }

    public Builder validationFraction(double value) {
      validationFraction = value;
      return this;
    }

    public Builder patience(int value) {
      patience = value;
      return this;
    }

    public Builder klBudget(double value) {
      klBudget = value;
      return this;
    }

    public Builder maxMinutes(double value) {
      maxMinutes = value;
      return this;
    }

    public Builder loraRank(int value) {
      loraRank = value;
      return this;
    }

    public Builder loraAlpha(double value) {
      loraAlpha = value;
      return this;
    }

    public Builder loraTargets(List<String> value) {
      loraTargets = value;
      return this;
    }

    public Builder checkpointEvery(int value) {
      checkpointEvery = value;
      return this;
    }

    public Builder seed(long value) {
      seed = value;
      return this;
    }

    public DpoConfig build() {
      return new DpoConfig(
          loss,
          beta,
          labelSmoothing,
          rpoAlpha,
          gamma,
          desirableWeight,
          undesirableWeight,
          learningRate,
          epochs,
          pairsPerStep,
          minSteps,
          pairsPerMicroBatch,
          maxGradNorm,
          warmupFraction,
          optimizer,
          maxTokens,
          replayFraction,
          replayWeight,
          sftEpochs,
          sftLearningRate,
          satisfactionFloor,
          validationFraction,
          patience,
          klBudget,
          maxMinutes,
          loraRank,
          loraAlpha,
          loraTargets,
          checkpointEvery,
          seed);
    }
  }
}
