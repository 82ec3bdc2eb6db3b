package dev.mneme.dpo.train;

import dev.mneme.data.Hashes;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.loss.KtoLoss;
import dev.mneme.dpo.loss.PairLogProbs;
import dev.mneme.dpo.loss.PairLoss;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.train.Schedule;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Weighted preference training of one model, in two phases: supervised learning from replies that
 * satisfied, then the preference loss over pairs; beside both, what was predicted in earlier
 * supervised text is held where it was ({@link Rehearsal}).
 *
 * <p>The reference is the model as it came in: its log-probabilities are computed before the first
 * step and never again, so no second model is held in memory. The loss of a step is sum(w_i l_i) /
 * sum(w_i) over its pairs, whatever the micro-batch size. One thread at a time; one seed gives one
 * result, whether or not the run was killed and continued in between.
 */
public final class DpoTrainer {
  private static final int VALIDATION_EVERY = 8;
  private static final double NANOS_PER_MINUTE = 60e9;

  /** Most tokens of one forward and backward, which bounds memory; a longer pair goes alone. */
  private static final int PASS_TOKENS = 1 << 13;

  /** The end of the cosine, as a share of the peak. */
  private static final double RATE_FLOOR = 0.1;

  private final TrainableModel model;
  private final ReplyEncoder encoder;
  private final DpoConfig config;
  private final Objective objective;
  private final ReferenceLogProbs references;
  private final String referenceHash;
  private final @Nullable Path states;
  private final LongSupplier nanoTime;

  /**
   * A trainer whose runs cannot be continued.
   *
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
    this(model, referenceHash, encoder, config, cache, null, nanoTime);
  }

  /**
   * @param states a folder of this run alone, into which its state goes every {@link
   *     DpoConfig#checkpointEvery} steps and from which a killed run goes on; null for none. The
   *     caller deletes it when the result is safe
   */
  public DpoTrainer(
      TrainableModel model,
      String referenceHash,
      ReplyEncoder encoder,
      DpoConfig config,
      @Nullable Path cache,
      @Nullable Path states,
      LongSupplier nanoTime) {
    this.model = model;
    this.referenceHash = referenceHash;
    this.encoder = encoder;
    this.config = config;
    this.objective = config.objective();
    this.states = states;
    this.references =
        new ReferenceLogProbs(
            cache == null && states != null ? TrainingState.references(states) : cache);
    this.nanoTime = nanoTime;
  }

  /**
   * Trains on pairs and replies.
   *
   * @param pairs cleaned pairs, at least one with a positive weight
   * @param replies replies with a satisfaction; may be empty
   * @param earlier supervised text to hold to; null for none
   * @param listener sees every step
   * @throws TrainingException when nothing has weight, the loss is not finite, or the state found
   *     is of another run
   */
  public TrainingSummary train(
      List<PreferencePair> pairs,
      List<RatedReply> replies,
      Rehearsal.@Nullable Source earlier,
      Consumer<StepMetrics> listener) {
    return train(pairs, replies, earlier, listener, null);
  }

  TrainingSummary train(
      List<PreferencePair> pairs,
      List<RatedReply> replies,
      Rehearsal.@Nullable Source earlier,
      Consumer<StepMetrics> listener,
      @Nullable StepWatch watch) {
    TrainingData data = TrainingData.of(pairs, replies, objective, encoder, config, referenceHash);
    if (data.totalWeight() <= 0) {
      throw new TrainingException(
          "all "
              + (data.train().size() + data.validation().size())
              + " pairs weigh nothing; there is nothing to learn");
    }
    references.compute(model, data.referenceSegments());
    return new Run(data, earlier, listener, watch).train();
  }

  /**
   * The supervised phase alone: max E[s log P(y|x)] over replies at or above the floor.
   *
   * @throws TrainingException when no reply is worth imitating
   */
  public GroundingSummary ground(
      List<RatedReply> replies,
      Rehearsal.@Nullable Source earlier,
      Consumer<StepMetrics> listener) {
    var data =
        new TrainingData(List.of(), List.of(), TrainingData.imitated(replies, encoder, config));
    if (data.imitated().isEmpty()) {
      throw new TrainingException(
          "none of "
              + replies.size()
              + " replies has a satisfaction of at least "
              + config.satisfactionFloor()
              + " and a weight; there is nothing to imitate");
    }
    var run = new Run(data, earlier, listener, null);
    double before = run.imitationLoss();
    run.begin();
    run.supervise();
    return new GroundingSummary(
        run.state.step(), data.imitated().size(), before, run.imitationLoss());
  }

  private record Phase(int steps, String stoppedBecause, double pairsPerSecond) {}

  /** One run: its data, where it stands, who listens. */
  private final class Run {
    private final TrainingData data;
    private final @Nullable Rehearsal rehearsal;
    private final Consumer<StepMetrics> listener;
    private final @Nullable StepWatch watch;
    private final List<StepWatch.Part> parts = new ArrayList<>();
    private TrainingState state = TrainingState.start("", 0);
    private final long startNanos = nanoTime.getAsLong();
    private long replayed;

    Run(
        TrainingData data,
        Rehearsal.@Nullable Source earlier,
        Consumer<StepMetrics> listener,
        @Nullable StepWatch watch) {
      this.data = data;
      this.rehearsal =
          earlier == null || config.replayFraction() == 0
              ? null
              : earlier.of((long) (config.replayFraction() * data.tokensRead(config)));
      this.listener = listener;
      this.watch = watch;
    }

    TrainingSummary train() {
      begin();
      supervise();
      Phase phase = prefer();
      Sums after = measure(data.train());
      return new TrainingSummary(
          phase.steps,
          phase.stoppedBecause,
          after.loss(),
          after.accuracy(),
          after.margin(),
          after.lengthCorrelation(),
          after.lengthDrift(),
          state.validationBefore(),
          accuracy(data.validation()),
          after.kl(),
          references.hits(),
          references.computed(),
          phase.pairsPerSecond);
    }

    /** Starts, or goes on from the newest state. The model must still be the reference. */
    void begin() {
      String fingerprint = data.fingerprint(config, referenceHash);
      TrainingState found = states == null ? null : TrainingState.find(states);
      if (states == null || found == null) {
        state = TrainingState.start(fingerprint, accuracy(data.validation()));
        return;
      }
      if (!found.fingerprint().equals(fingerprint)) {
        throw new TrainingException(
            states
                + " holds the state of a run with other data, weights or configuration; continue"
                + " that one as it was, or delete the folder to start anew");
      }
      TrainingState.restore(states, model);
      state = found;
      replayed = found.replayed();
    }

    private void advance(String phase, int epoch, int at, int step) {
      state = state.at(phase, epoch, at, step, replayed);
    }

    private void saveIfDue() {
      if (states != null
          && config.checkpointEvery() > 0
          && state.step() % config.checkpointEvery() == 0) {
        state.save(states, model);
      }
    }

    void supervise() {
      if (!state.phase().equals("sft")) {
        return;
      }
      List<TrainingData.Imitated> imitated = data.imitated();
      int perStep = 2 * config.pairsPerStep();
      int steps = config.sftEpochs() * ((imitated.size() + perStep - 1) / perStep);
      int from = state.at();
      for (int epoch = state.epoch(); epoch < config.sftEpochs(); epoch++) {
        int[] order = shuffled(imitated.size(), "sft", epoch);
        for (int at = from; at < order.length; at += perStep) {
          int end = Math.min(order.length, at + perStep);
          List<TrainingData.Imitated> batch = new ArrayList<>();
          for (int i = at; i < end; i++) {
            batch.add(imitated.get(order[i]));
          }
          int step = state.step() + 1;
          StepMetrics metrics = imitate(batch, step, steps);
          advance("sft", epoch, end, step);
          listener.accept(metrics);
          saveIfDue();
        }
        from = 0;
      }
      if (!data.train().isEmpty()) {
        advance("dpo", 0, 0, 0);
      }
    }

    private StepMetrics imitate(List<TrainingData.Imitated> batch, int step, int steps) {
      beforeStep();
      double total = batch.stream().mapToDouble(r -> r.weight() * r.segment().weight()).sum();
      double[] logps =
          model.forward(
              PackedBatch.of(batch.stream().map(TrainingData.Imitated::segment).toList()));
      double[] dLoss = new double[logps.length];
      double loss = 0;
      for (int i = 0; i < logps.length; i++) {
        TrainingData.Imitated reply = batch.get(i);
        dLoss[i] = -reply.weight() / total;
        loss += dLoss[i] * logps[i];
        part(
            StepWatch.Source.REPLY,
            reply.id(),
            () -> PackedBatch.of(reply.segment()),
            new double[] {dLoss[i]});
      }
      requireFinite("sft", step, loss);
      model.backward(dLoss);
      rehearse(batch.stream().mapToInt(r -> r.segment().length()).sum());
      double rate = learningRate(step, steps, config.sftLearningRate());
      double norm = model.clipGradients(config.maxGradNorm());
      double maxVio = model.maxViolation();
      model.step(rate);
      afterStep(rate, norm);
      return new StepMetrics(
          "sft", step, steps, loss, 0, 0, 0, 0, 0, 0, norm, rate, 0, 0, maxVio, 0);
    }

    /** Mean negative log-likelihood per token of what is imitated, weighted. */
    double imitationLoss() {
      double sum = 0;
      double total = 0;
      for (TrainingData.Imitated reply : data.imitated()) {
        sum -= reply.weight() * model.logProbs(PackedBatch.of(reply.segment()))[0];
        total += reply.weight() * reply.segment().weight();
      }
      return sum / total;
    }

    Phase prefer() {
      int perStep = config.pairsPerStep();
      int steps = config.epochs() * ((data.train().size() + perStep - 1) / perStep);
      long pairs = 0;
      long nanos = 0;
      int from = state.at();
      for (int epoch = state.epoch(); epoch < config.epochs(); epoch++) {
        int[] order = shuffled(data.train().size(), "dpo", epoch);
        for (int at = from; at < order.length; at += perStep) {
          int end = Math.min(order.length, at + perStep);
          List<Item> batch = new ArrayList<>();
          for (int i = at; i < end; i++) {
            batch.add(data.train().get(order[i]));
          }
          int step = state.step() + 1;
          long start = nanoTime.getAsLong();
          StepMetrics metrics = step(batch, step, steps, start);
          nanos += nanoTime.getAsLong() - start;
          pairs += batch.size();
          advance("dpo", epoch, end, step);
          listener.accept(metrics);
          String enough = enough(metrics);
          if (enough != null) {
            return new Phase(step, enough, perSecond(pairs, nanos));
          }
          saveIfDue();
        }
        from = 0;
      }
      return new Phase(state.step(), "all epochs done", perSecond(pairs, nanos));
    }

    private static double perSecond(long pairs, long nanos) {
      return pairs * 1e9 / Math.max(1, nanos);
    }

    /** Why to stop after a step; null to go on. */
    private @Nullable String enough(StepMetrics metrics) {
      Double started = state.klAtStart();
      if (started == null) {
        // What the supervised phase changed was wanted; the first step is measured before it moves.
        state = state.startedAt(metrics.kl());
      } else if (metrics.kl() - started > config.klBudget()) {
        return "the KL budget of " + config.klBudget() + " is spent";
      }
      if (config.maxMinutes() > 0
          && nanoTime.getAsLong() - startNanos > config.maxMinutes() * NANOS_PER_MINUTE) {
        return "the " + config.maxMinutes() + " minutes are over";
      }
      if (!data.validation().isEmpty()
          && config.patience() > 0
          && state.step() % VALIDATION_EVERY == 0) {
        double now = measure(data.validation()).loss();
        int worse = now < state.best() ? 0 : state.worse() + 1;
        state = state.validated(Math.min(state.best(), now), worse);
        if (worse >= config.patience()) {
          return "validation loss rose " + worse + " times in a row";
        }
      }
      return null;
    }

    private StepMetrics step(List<Item> batch, int step, int steps, long startNanos) {
      beforeStep();
      double total = batch.stream().mapToDouble(i -> i.weight() * objective.terms(i)).sum();
      double z0 = klEstimate(batch);
      var sums = new Sums(objective.beta());
      for (List<Item> micro : microBatches(batch)) {
        double[] logps = model.forward(pack(micro));
        double[] dLoss = new double[logps.length];
        int s = 0;
        for (Item item : micro) {
          double w = total > 0 ? item.weight() / total : 0;
          PairLogProbs p = logProbs(item, logps, s);
          PairLoss l = objective.evaluate(item, p, z0);
          requireFinite("dpo, pair " + item.id(), step, l.loss());
          sums.add(item, p, l.loss() * w);
          int first = s;
          if (item.chosen() != null) {
            dLoss[s++] = w * l.gradChosen();
          }
          if (item.rejected() != null) {
            dLoss[s++] = w * l.gradRejected();
          }
          part(
              StepWatch.Source.PAIR,
              item.id(),
              () -> pack(List.of(item)),
              Arrays.copyOfRange(dLoss, first, s));
        }
        model.backward(dLoss);
      }
      rehearse(batch.stream().mapToInt(Item::length).sum());
      double rate = learningRate(step, steps, config.learningRate());
      double norm = model.clipGradients(config.maxGradNorm());
      double maxVio = model.maxViolation();
      model.step(rate);
      double seconds = (nanoTime.getAsLong() - startNanos) / 1e9;
      afterStep(rate, norm);
      return sums.metrics(step, steps, norm, rate, maxVio, batch.size() / Math.max(1e-9, seconds));
    }

    private void beforeStep() {
      if (watch != null) {
        parts.clear();
        watch.before();
      }
    }

    /** The batch is made only for who watches. */
    private void part(
        StepWatch.Source source, String id, Supplier<PackedBatch> batch, double[] dLoss) {
      part(
          source,
          id,
          again -> {
            again.forward(batch.get());
            again.backward(dLoss);
          });
    }

    private void part(StepWatch.Source source, String id, Consumer<TrainableModel> gradient) {
      if (watch != null) {
        parts.add(new StepWatch.Part(source, id, gradient));
      }
    }

    private void afterStep(double rate, double norm) {
      if (watch != null) {
        double scale = norm > config.maxGradNorm() ? config.maxGradNorm() / norm : 1;
        watch.after(rate, scale, parts);
      }
    }

    /** Adds the gradient of the mean divergence over some earlier text, times its share. */
    private void rehearse(int batchTokens) {
      int tokens = (int) (config.replayFraction() * batchTokens);
      if (rehearsal == null || tokens < 2) {
        return;
      }
      List<Rehearsal.Batch> batches = rehearsal.read(replayed, tokens);
      double weight = batches.stream().mapToDouble(each -> each.batch().weight()).sum();
      double scale = config.replayWeight() / weight;
      for (Rehearsal.Batch each : batches) {
        replayed += each.batch().segments();
        model.distill(each.batch(), each.predictions(), scale);
        part(
            StepWatch.Source.REPLAY,
            "replay",
            again -> again.distill(each.batch(), each.predictions(), scale));
      }
    }
  }

  private List<List<Item>> microBatches(List<Item> items) {
    List<List<Item>> micro = new ArrayList<>();
    int from = 0;
    int tokens = 0;
    for (int at = 0; at < items.size(); at++) {
      int more = items.get(at).length();
      boolean full = at - from == config.pairsPerMicroBatch() || tokens + more > PASS_TOKENS;
      if (full && at > from) {
        micro.add(items.subList(from, at));
        from = at;
        tokens = 0;
      }
      tokens += more;
    }
    if (from < items.size()) {
      micro.add(items.subList(from, items.size()));
    }
    return micro;
  }

  private static PackedBatch pack(List<Item> items) {
    return PackedBatch.of(
        items.stream().flatMap(i -> i.sides().stream()).map(Item.Side::segment).toList());
  }

  /**
   * What a loss sees of an item.
   *
   * @param first where the log-probabilities of its sides begin
   */
  private PairLogProbs logProbs(Item item, double[] logps, int first) {
    Item.Side chosen = item.chosen();
    Item.Side rejected = item.rejected();
    int second = chosen == null ? first : first + 1;
    return new PairLogProbs(
        chosen == null ? 0 : logps[first],
        rejected == null ? 0 : logps[second],
        chosen == null ? 0 : references.get(chosen.key()),
        rejected == null ? 0 : references.get(rejected.key()),
        chosen == null ? 1 : chosen.tokens(),
        rejected == null ? 1 : rejected.tokens());
  }

  /** The policy's KL divergence from the reference, from prompts with other prompts' replies. */
  private double klEstimate(List<Item> items) {
    if (!objective.usesMismatches()) {
      return 0;
    }
    List<Item.Side> sides = new ArrayList<>();
    for (Item item : items) {
      Item.Side mismatch = item.mismatch();
      if (mismatch != null) {
        sides.add(mismatch);
      }
    }
    double[] ratios = new double[sides.size()];
    for (int at = 0; at < ratios.length; at += config.pairsPerMicroBatch()) {
      int end = Math.min(ratios.length, at + config.pairsPerMicroBatch());
      double[] logps =
          model.logProbs(
              PackedBatch.of(sides.subList(at, end).stream().map(Item.Side::segment).toList()));
      for (int i = at; i < end; i++) {
        ratios[i] = logps[i - at] - references.get(sides.get(i).key());
      }
    }
    return KtoLoss.klEstimate(ratios);
  }

  private Sums measure(List<Item> items) {
    var sums = new Sums(objective.beta());
    double total = items.stream().mapToDouble(i -> i.weight() * objective.terms(i)).sum();
    double z0 = klEstimate(items);
    for (List<Item> micro : microBatches(items)) {
      double[] logps = model.logProbs(pack(micro));
      int s = 0;
      for (Item item : micro) {
        PairLogProbs p = logProbs(item, logps, s);
        s += item.sides().size();
        double w = total > 0 ? item.weight() / total : 0;
        sums.add(item, p, objective.evaluate(item, p, z0).loss() * w);
      }
    }
    return sums;
  }

  /** Share of pairs whose chosen reply is likelier per token than the rejected one; 0 of none. */
  private double accuracy(List<Item> pairs) {
    int right = 0;
    for (List<Item> micro : microBatches(pairs)) {
      double[] logps = model.logProbs(pack(micro));
      for (int i = 0; i < micro.size(); i++) {
        PairLogProbs p = logProbs(micro.get(i), logps, 2 * i);
        if (p.policyChosen() / p.chosenTokens() > p.policyRejected() / p.rejectedTokens()) {
          right++;
        }
      }
    }
    return pairs.isEmpty() ? 0 : (double) right / pairs.size();
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

  /** Linear warm-up, then a cosine down to a tenth of the peak; steps count from 1. */
  private double learningRate(int step, int steps, double peak) {
    int warmup = (int) Math.round(config.warmupFraction() * steps);
    var schedule = new Schedule.Cosine(warmup, RATE_FLOOR);
    return peak * schedule.factor(step - 1L, (step - 1.0) / steps);
  }

  private static void requireFinite(String where, int step, double loss) {
    if (!Double.isFinite(loss)) {
      throw new TrainingException("the loss is " + loss + " at step " + step + " of " + where);
    }
  }
}
