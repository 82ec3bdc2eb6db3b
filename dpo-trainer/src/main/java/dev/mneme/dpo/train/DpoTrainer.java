package dev.mneme.dpo.train;

import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.loss.PairLogProbs;
import dev.mneme.dpo.loss.PairLoss;
import dev.mneme.dpo.loss.PreferenceLoss;
import dev.mneme.dpo.loss.SatisfactionWeightedLikelihood;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Weighted preference training of one model, in two phases: supervised learning from replies that
 * satisfied, then the preference loss over pairs, with earlier supervised data replayed beside it.
 *
 * <p>The reference is the model as it came in: its log-probabilities are computed before the first
 * step and never again, so no second model is held in memory. The loss of a step is sum(w_i l_i) /
 * sum(w_i) over its pairs, whatever the micro-batch size. One thread at a time; one seed gives one
 * result.
 */
public final class DpoTrainer {
  private static final int VALIDATION_EVERY = 8;
  private static final int MIN_PAIRS_FOR_VALIDATION = 40;

  private final TrainableModel model;
  private final ReplyEncoder encoder;
  private final DpoConfig config;
  private final PreferenceLoss loss;
  private final ReferenceLogProbs references;
  private final String referenceHash;
  private final LongSupplier nanoTime;

  /**
   * @param model the policy, which starts as the reference; trained in place, owned by the caller
   * @param referenceHash content hash of its weights, for the cache
   * @param cache where reference log-probabilities are kept; null for nowhere
   * @param nanoTime a monotonic clock, for rates only
   */
  public DpoTrainer(
      TrainableModel model,
      String referenceHash,
      ReplyEncoder encoder,
      DpoConfig config,
      @Nullable Path cache,
      LongSupplier nanoTime) {
    this.model = model;
    this.referenceHash = referenceHash;
    this.encoder = encoder;
    this.config = config;
    this.loss = config.preferenceLoss();
    this.references = new ReferenceLogProbs(cache);
    this.nanoTime = nanoTime;
  }

  /**
   * Trains on pairs and replies.
   *
   * @param pairs cleaned pairs, at least one with a positive weight
   * @param replies replies with a satisfaction; may be empty
   * @param replay earlier supervised data, endless; null for none
   * @param listener sees every step
   */
  public TrainingSummary train(
      List<PreferencePair> pairs,
      List<RatedReply> replies,
      @Nullable Iterator<PackedBatch.Segment> replay,
      Consumer<StepMetrics> listener) {
    List<EncodedPair> all = encode(pairs);
    if (all.stream().mapToDouble(EncodedPair::weight).sum() <= 0) {
      throw new TrainingException(
          "all " + all.size() + " pairs weigh nothing; there is nothing to learn");
    }
    references.compute(model, sides(all));
    List<EncodedPair> train = new ArrayList<>();
    List<EncodedPair> validation = new ArrayList<>();
    split(all, train, validation);
    double before = accuracy(validation);
    supervise(replies, replay, listener);
    Phase phase = prefer(train, validation, replay, listener);
    Measured after = measure(train);
    return new TrainingSummary(
        phase.steps,
        phase.stoppedBecause,
        after.loss,
        after.accuracy,
        after.margin,
        after.lengthCorrelation,
        before,
        accuracy(validation),
        after.kl,
        references.hits(),
        references.computed(),
        phase.pairsPerSecond);
  }

  private List<EncodedPair> encode(List<PreferencePair> pairs) {
    List<EncodedPair> encoded = new ArrayList<>();
    for (PreferencePair pair : pairs) {
      encoded.add(
          new EncodedPair(
              pair.id(),
              encoder.encode(pair.prompt(), pair.chosen()),
              encoder.encode(pair.prompt(), pair.rejected()),
              key(pair.prompt(), pair.chosen()),
              key(pair.prompt(), pair.rejected()),
              pair.weight().total()));
    }
    return encoded;
  }

  private String key(List<Message> prompt, List<Message> reply) {
    return Hashes.sha256(
        referenceHash,
        Json.mapper().writeValueAsString(prompt),
        Json.mapper().writeValueAsString(reply));
  }

  private static Map<String, PackedBatch.Segment> sides(List<EncodedPair> pairs) {
    Map<String, PackedBatch.Segment> sides = new LinkedHashMap<>();
    for (EncodedPair pair : pairs) {
      sides.put(pair.chosenKey(), pair.chosen());
      sides.put(pair.rejectedKey(), pair.rejected());
    }
    return sides;
  }

  private void split(List<EncodedPair> all, List<EncodedPair> train, List<EncodedPair> validation) {
    boolean enough = all.size() >= MIN_PAIRS_FOR_VALIDATION;
    for (EncodedPair pair : all) {
      double u = (Hashes.subSeed(config.seed(), "validation", pair.id()) >>> 11) * 0x1.0p-53;
      (enough && u < config.validationFraction() ? validation : train).add(pair);
    }
  }

  private void supervise(
      List<RatedReply> replies,
      @Nullable Iterator<PackedBatch.Segment> replay,
      Consumer<StepMetrics> listener) {
    var weighting = new SatisfactionWeightedLikelihood(config.satisfactionFloor());
    List<PackedBatch.Segment> segments = new ArrayList<>();
    List<Double> weights = new ArrayList<>();
    for (RatedReply reply : replies) {
      double weight = weighting.weight(reply.satisfaction(), reply.weight());
      if (weight > 0) {
        segments.add(encoder.encode(reply.prompt(), reply.reply()));
        weights.add(weight);
      }
    }
    int perStep = 2 * config.pairsPerStep();
    int stepsPerEpoch = (segments.size() + perStep - 1) / perStep;
    int steps = stepsPerEpoch * config.sftEpochs();
    int step = 0;
    for (int epoch = 0; epoch < config.sftEpochs(); epoch++) {
      int[] order = shuffled(segments.size(), "sft", epoch);
      for (int at = 0; at < order.length; at += perStep) {
        int end = Math.min(order.length, at + perStep);
        List<PackedBatch.Segment> batch = new ArrayList<>();
        double[] factor = new double[end - at];
        double total = 0;
        for (int i = at; i < end; i++) {
          batch.add(segments.get(order[i]));
          factor[i - at] = weights.get(order[i]);
          total += factor[i - at] * segments.get(order[i]).weight();
        }
        double[] logps = model.forward(PackedBatch.of(batch));
        double[] dLoss = new double[logps.length];
        double lossSum = 0;
        for (int i = 0; i < logps.length; i++) {
          dLoss[i] = -factor[i] / total;
          lossSum += dLoss[i] * logps[i];
        }
        step++;
        requireFinite("sft", step, lossSum);
        model.backward(dLoss);
        replay(replay, tokens(batch));
        double rate = learningRate(step, steps, config.sftLearningRate());
        double norm = model.clipGradients(config.maxGradNorm());
        double maxVio = model.maxViolation();
        model.step(rate);
        listener.accept(
            new StepMetrics(
                "sft", step, steps, lossSum, 0, 0, 0, 0, 0, 0, norm, rate, 0, maxVio, 0));
      }
    }
  }

  private record Phase(int steps, String stoppedBecause, double pairsPerSecond) {}

  private Phase prefer(
      List<EncodedPair> train,
      List<EncodedPair> validation,
      @Nullable Iterator<PackedBatch.Segment> replay,
      Consumer<StepMetrics> listener) {
    int perStep = config.pairsPerStep();
    int steps = config.epochs() * ((train.size() + perStep - 1) / perStep);
    double bestValidation = Double.POSITIVE_INFINITY;
    int worse = 0;
    int step = 0;
    long pairs = 0;
    long nanos = 0;
    for (int epoch = 0; epoch < config.epochs(); epoch++) {
      int[] order = shuffled(train.size(), "dpo", epoch);
      for (int at = 0; at < order.length; at += perStep) {
        List<EncodedPair> batch = new ArrayList<>();
        for (int i = at; i < Math.min(order.length, at + perStep); i++) {
          batch.add(train.get(order[i]));
        }
        long start = nanoTime.getAsLong();
        StepMetrics metrics = step(batch, replay, ++step, steps, start);
        nanos += nanoTime.getAsLong() - start;
        pairs += batch.size();
        listener.accept(metrics);
        double perSecond = pairs * 1e9 / Math.max(1, nanos);
        if (metrics.kl() > config.klBudget()) {
          return new Phase(step, "the KL budget of " + config.klBudget() + " is spent", perSecond);
        }
        if (!validation.isEmpty() && config.patience() > 0 && step % VALIDATION_EVERY == 0) {
          double now = measure(validation).loss;
          worse = now < bestValidation ? 0 : worse + 1;
          bestValidation = Math.min(bestValidation, now);
          if (worse >= config.patience()) {
            return new Phase(step, "validation loss rose " + worse + " times in a row", perSecond);
          }
        }
      }
    }
    return new Phase(step, "all epochs done", pairs * 1e9 / Math.max(1, nanos));
  }

  private StepMetrics step(
      List<EncodedPair> batch,
      @Nullable Iterator<PackedBatch.Segment> replay,
      int step,
      int steps,
      long startNanos) {
    double totalWeight = batch.stream().mapToDouble(EncodedPair::weight).sum();
    var sums = new Sums();
    for (int at = 0; at < batch.size(); at += config.pairsPerMicroBatch()) {
      List<EncodedPair> micro =
          batch.subList(at, Math.min(batch.size(), at + config.pairsPerMicroBatch()));
      double[] logps = model.forward(pack(micro));
      double[] dLoss = new double[logps.length];
      for (int i = 0; i < micro.size(); i++) {
        EncodedPair pair = micro.get(i);
        PairLogProbs p = logProbs(pair, logps[2 * i], logps[2 * i + 1]);
        PairLoss l = loss.evaluate(p);
        requireFinite("dpo, pair " + pair.id(), step, l.loss());
        double w = totalWeight > 0 ? pair.weight() / totalWeight : 0;
        dLoss[2 * i] = w * l.gradChosen();
        dLoss[2 * i + 1] = w * l.gradRejected();
        sums.add(p, l.loss() * w, loss.beta());
      }
      model.backward(dLoss);
    }
    int batchTokens =
        batch.stream().mapToInt(p -> p.chosen().length() + p.rejected().length()).sum();
    replay(replay, batchTokens);
    double rate = learningRate(step, steps, config.learningRate());
    double norm = model.clipGradients(config.maxGradNorm());
    double maxVio = model.maxViolation();
    model.step(rate);
    double seconds = (nanoTime.getAsLong() - startNanos) / 1e9;
    return sums.metrics(step, steps, norm, rate, maxVio, batch.size() / Math.max(1e-9, seconds));
  }

  private static PackedBatch pack(List<EncodedPair> pairs) {
    List<PackedBatch.Segment> segments = new ArrayList<>();
    for (EncodedPair pair : pairs) {
      segments.add(pair.chosen());
      segments.add(pair.rejected());
    }
    return PackedBatch.of(segments);
  }

  private PairLogProbs logProbs(EncodedPair pair, double chosen, double rejected) {
    return new PairLogProbs(
        chosen,
        rejected,
        references.get(pair.chosenKey()),
        references.get(pair.rejectedKey()),
        pair.chosenTokens(),
        pair.rejectedTokens());
  }

  /**
   * Adds the gradient of the mean cross-entropy of some replayed examples, scaled to their share.
   */
  private void replay(@Nullable Iterator<PackedBatch.Segment> replay, int batchTokens) {
    int budget = (int) (config.replayFraction() * batchTokens);
    if (replay == null || budget < 2) {
      return;
    }
    List<PackedBatch.Segment> segments = new ArrayList<>();
    for (int tokens = 0; tokens < budget && replay.hasNext(); ) {
      PackedBatch.Segment next = replay.next();
      segments.add(next);
      tokens += next.length();
    }
    if (!segments.isEmpty()) {
      PackedBatch batch = PackedBatch.of(segments);
      if (batch.weight() > 0) {
        model.crossEntropy(batch, config.replayFraction() / batch.weight());
      }
    }
  }

  private static int tokens(List<PackedBatch.Segment> batch) {
    return batch.stream().mapToInt(PackedBatch.Segment::length).sum();
  }

  private record Measured(
      double loss, double accuracy, double margin, double lengthCorrelation, double kl) {}

  private Measured measure(List<EncodedPair> pairs) {
    var sums = new Sums();
    double totalWeight = pairs.stream().mapToDouble(EncodedPair::weight).sum();
    List<double[]> marginAndLength = new ArrayList<>();
    for (int at = 0; at < pairs.size(); at += config.pairsPerMicroBatch()) {
      List<EncodedPair> micro =
          pairs.subList(at, Math.min(pairs.size(), at + config.pairsPerMicroBatch()));
      double[] logps = model.logProbs(pack(micro));
      for (int i = 0; i < micro.size(); i++) {
        EncodedPair pair = micro.get(i);
        PairLogProbs p = logProbs(pair, logps[2 * i], logps[2 * i + 1]);
        double w = totalWeight > 0 ? pair.weight() / totalWeight : 0;
        sums.add(p, loss.evaluate(p).loss() * w, loss.beta());
        marginAndLength.add(
            new double[] {p.delta(), (double) pair.chosenTokens() - pair.rejectedTokens()});
      }
    }
    return new Measured(
        sums.loss, sums.accuracy(), sums.margin(), correlation(marginAndLength), sums.kl());
  }

  /** Share of pairs whose chosen reply is likelier per token than the rejected one; 0 of none. */
  private double accuracy(List<EncodedPair> pairs) {
    int right = 0;
    for (int at = 0; at < pairs.size(); at += config.pairsPerMicroBatch()) {
      List<EncodedPair> micro =
          pairs.subList(at, Math.min(pairs.size(), at + config.pairsPerMicroBatch()));
      double[] logps = model.logProbs(pack(micro));
      for (int i = 0; i < micro.size(); i++) {
        EncodedPair pair = micro.get(i);
        if (logps[2 * i] / pair.chosenTokens() > logps[2 * i + 1] / pair.rejectedTokens()) {
          right++;
        }
      }
    }
    return pairs.isEmpty() ? 0 : (double) right / pairs.size();
  }

  private static double correlation(List<double[]> points) {
    double n = points.size();
    double meanX = points.stream().mapToDouble(p -> p[0]).sum() / n;
    double meanY = points.stream().mapToDouble(p -> p[1]).sum() / n;
    double xy = 0;
    double xx = 0;
    double yy = 0;
    for (double[] p : points) {
      xy += (p[0] - meanX) * (p[1] - meanY);
      xx += (p[0] - meanX) * (p[0] - meanX);
      yy += (p[1] - meanY) * (p[1] - meanY);
    }
    return xx == 0 || yy == 0 ? 0 : xy / Math.sqrt(xx * yy);
  }

  private int[] shuffled(int n, String phase, int epoch) {
    int[] order = new int[n];
    for (int i = 0; i < n; i++) {
      order[i] = i;
    }
    var random = new SplittableRandom(Hashes.subSeed(config.seed(), phase, "epoch " + epoch));
    for (int i = n - 1; i > 0; i--) {
      int j = random.nextInt(i + 1);
      int swap = order[i];
      order[i] = order[j];
      order[j] = swap;
    }
    return order;
  }

  /** Linear warm-up, then a cosine down to a tenth of the peak. */
  private double learningRate(int step, int steps, double peak) {
    double warmup = Math.max(1, config.warmupFraction() * steps);
    if (step <= warmup) {
      return peak * step / warmup;
    }
    double progress = (step - warmup) / Math.max(1, steps - warmup);
    return peak * (0.1 + 0.45 * (1 + Math.cos(Math.PI * progress)));
  }

  private static void requireFinite(String where, int step, double loss) {
    if (!Double.isFinite(loss)) {
      throw new TrainingException("the loss is " + loss + " at step " + step + " of " + where);
    }
  }

  /** Means over pairs as they come. */
  private static final class Sums {
    private int n;
    private double loss;
    private double chosenReward;
    private double rejectedReward;
    private double correct;
    private double chosenLogp;
    private double rejectedLogp;
    private double klSum;

    void add(PairLogProbs p, double weightedLoss, double beta) {
      n++;
      loss += weightedLoss;
      double chosen = p.policyChosen() - p.referenceChosen();
      double rejected = p.policyRejected() - p.referenceRejected();
      chosenReward += beta * chosen;
      rejectedReward += beta * rejected;
      correct += chosen > rejected ? 1 : 0;
      chosenLogp += p.policyChosen();
      rejectedLogp += p.policyRejected();
      klSum += k3(chosen / p.chosenTokens()) + k3(rejected / p.rejectedTokens());
    }

    /** Schulman's k3 estimator of KL(reference || policy): r - 1 - log r, with log r = x. */
    private static double k3(double x) {
      return Math.expm1(x) - x;
    }

    double accuracy() {
      return n == 0 ? 0 : correct / n;
    }

    double margin() {
      return n == 0 ? 0 : (chosenReward - rejectedReward) / n;
    }

    double kl() {
      return n == 0 ? 0 : klSum / (2 * n);
    }

    StepMetrics metrics(
        int step, int steps, double norm, double rate, double maxVio, double pairsPerSecond) {
      return new StepMetrics(
          "dpo",
          step,
          steps,
          loss,
          chosenReward / n,
          rejectedReward / n,
          accuracy(),
          margin(),
          chosenLogp / n,
          rejectedLogp / n,
          norm,
          rate,
          kl(),
          maxVio,
          pairsPerSecond);
    }
  }
}
