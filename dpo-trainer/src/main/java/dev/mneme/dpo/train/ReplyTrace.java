package dev.mneme.dpo.train;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.UpdateProbe;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which evidence moved a reply: a training run done once more, with every step's effect on the
 * reply's log-probability shared out among the pairs and replies the step learned from.
 *
 * <p>A run is a function of its parent, data and configuration, so the same updates happen again.
 * Within a step {@link UpdateProbe} shares the update by TracIn (Pruthi et al., arXiv 2002.08484)
 * with AdamW's preconditioner. AdamW's momentum lets a gradient act in later steps too: a part's
 * share of the momentum decays by beta1 a step and is scaled by each step's rate, as the gradient
 * itself is. Not shared out is what first order and the drift of the preconditioner within the
 * momentum's memory leave over; it is reported, and with one step it is of third order.
 *
 * <p>Costs about three times the training. One thread; the model is trained by this.
 */
public final class ReplyTrace {
  private ReplyTrace() {}

  /**
   * How much one piece of evidence moved the reply.
   *
   * @param kind {@code pair}, {@code reply} (imitated in the supervised phase), or {@code replay}
   *     (all replayed earlier data together)
   * @param id of the pair or reply
   * @param change of the reply's log-probability, nats; positive made it likelier
   */
  public record Influence(String kind, String id, double change) {}

  /**
   * @param before log-probability of the reply (sum over its tokens) before training
   * @param after the same after
   * @param tokens of the reply
   * @param influences largest change first, whatever its sign
   * @param unexplained change that is not shared out
   */
  public record Result(
      @JsonProperty("logp_before") double before,
      @JsonProperty("logp_after") double after,
      int tokens,
      List<Influence> influences,
      double unexplained) {
    public Result {
      influences = List.copyOf(influences);
    }

    public double change() {
      return after - before;
    }
  }

  /**
   * Trains {@code trainer}'s model as {@link DpoTrainer#train} would, watching a reply.
   *
   * @param model the trainer's model
   * @param reply prompt and reply as tokens; tokens of the reply weigh 1
   * @throws IllegalArgumentException when the model is not trained with AdamW
   */
  public static Result of(
      DpoTrainer trainer,
      TrainableModel model,
      List<PreferencePair> pairs,
      List<RatedReply> replies,
      Rehearsal.@Nullable Source earlier,
      PackedBatch.Segment reply) {
    PackedBatch watched = PackedBatch.of(reply);
    double before = model.logProbs(watched)[0];
    try (UpdateProbe probe = model.probe()) {
      var watch = new Watch(model, probe, watched);
      trainer.train(pairs, replies, earlier, step -> {}, watch);
      double after = model.logProbs(watched)[0];
      List<Influence> influences = watch.influences();
      double shared = influences.stream().mapToDouble(Influence::change).sum();
      return new Result(before, after, (int) reply.weight(), influences, after - before - shared);
    }
  }

  /** Keeps each part's share of the momentum and what it did so far. */
  private static final class Watch implements StepWatch {
    private final TrainableModel model;
    private final UpdateProbe probe;
    private final PackedBatch reply;
    private final OptimizerConfig optimizer;
    private final Map<Key, double[]> shareAndChange = new LinkedHashMap<>();

    private record Key(Source source, String id) {}

    Watch(TrainableModel model, UpdateProbe probe, PackedBatch reply) {
      this.model = model;
      this.probe = probe;
      this.reply = reply;
      this.optimizer = model.optimizerConfig();
    }

    @Override
    public void before() {
      probe.before();
    }

    @Override
    public void after(double learningRate, double gradientScale, List<Part> parts) {
      double keep = optimizer.beta1();
      shareAndChange.values().forEach(each -> each[0] *= keep);
      probe.after(reply);
      for (Part part : parts) {
        double along = probe.towards(() -> part.gradient().accept(model));
        double[] each =
            shareAndChange.computeIfAbsent(new Key(part.source(), part.id()), key -> new double[2]);
        each[0] += (1 - keep) * gradientScale * along;
      }
      probe.restore();
      double correction = 1 - Math.pow(keep, model.steps());
      shareAndChange.values().forEach(each -> each[1] -= learningRate / correction * each[0]);
    }

    List<Influence> influences() {
      List<Influence> all = new ArrayList<>();
      shareAndChange.forEach(
          (key, each) ->
              all.add(
                  new Influence(key.source().name().toLowerCase(Locale.ROOT), key.id(), each[1])));
      all.sort(Comparator.comparingDouble((Influence i) -> -Math.abs(i.change())));
      return all;
    }
  }
}
