package dev.mneme.cli.made;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.agent.ChatModel;
import dev.mneme.cli.evolve.Greedy;
import dev.mneme.cli.evolve.Replay;
import dev.mneme.cli.models.ChatModels;
import dev.mneme.data.FileTrees;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.train.DpoConfig;
import dev.mneme.dpo.train.ModelCandidateTrainer;
import dev.mneme.dpo.train.TrainingSummary;
import dev.mneme.model.TrainingOptions;
import dev.mneme.preference.WeightConfig;
import dev.mneme.preference.Weights;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Trains on made preferences and asks afterwards. One thread. */
public final class MadeTraining {
  private static final Scope SCOPE = new Scope("made", "somebody", "mneme", "s");
  private static final Instant NOW = Instant.parse("2026-03-01T12:00:00Z");
  private static final int PER_SESSION = 4;
  private static final int REPLY_TOKENS = 64;

  private final ChatModels models;
  private final Curriculum curriculum;
  private final DpoConfig config;
  private final Path base;
  private final Path work;
  private final Size size;
  private final Consumer<String> progress;
  private final List<TrainingExample> curriculumItems;

  /**
   * @param pairs to train on
   * @param heldOut prompts asked afterwards
   * @param curriculumItems held-out examples of the curriculum asked before and after
   * @param shares of the way to the trained checkpoint that are asked, too
   * @param seed of everything
   */
  public record Size(int pairs, int heldOut, int curriculumItems, List<Double> shares, long seed) {
    public Size {
      shares = List.copyOf(shares);
      if (pairs < 1 || heldOut < 1 || curriculumItems < 1) {
        throw new IllegalArgumentException(
            "pairs, held-out prompts and curriculum items must be positive, got "
                + pairs
                + ", "
                + heldOut
                + ", "
                + curriculumItems);
      }
    }
  }

  /**
   * @param base the checkpoint to start from
   * @param work a folder for candidates; they are deleted once they were asked
   */
  public MadeTraining(
      ChatModels models,
      Curriculum curriculum,
      DpoConfig config,
      Path base,
      Path work,
      Size size,
      Consumer<String> progress) {
    this.models = models;
    this.curriculum = curriculum;
    this.config = config;
    this.base = base;
    this.work = work;
    this.size = size;
    this.progress = progress;
    this.curriculumItems =
        curriculum
            .examples(size.seed(), true)
            .filter(e -> !e.isProse() && !e.expectations().isEmpty())
            .limit(size.curriculumItems())
            .toList();
  }

  /**
   * What one training did.
   *
   * @param preference which manner
   * @param pairs trained on
   * @param heldOut prompts asked
   * @param before share of replies in the manner, before
   * @param after the same after
   * @param curriculumBefore share of curriculum checks met before
   * @param curriculumAfter the same after
   * @param shorter the same for checkpoints part of the way there
   * @param example a held-out request with its reply before and after
   */
  public record Moved(
      String preference,
      int pairs,
      @JsonProperty("held_out") int heldOut,
      double before,
      double after,
      @JsonProperty("curriculum_before") double curriculumBefore,
      @JsonProperty("curriculum_after") double curriculumAfter,
      TrainingSummary training,
      List<PartOfTheWay> shorter,
      List<String> example) {}

  /**
   * A checkpoint between the one before training and the one after.
   *
   * @param share of the way, 0 to 1
   * @param after share of replies in the manner
   * @param curriculumAfter share of curriculum checks met
   */
  public record PartOfTheWay(
      double share, double after, @JsonProperty("curriculum_after") double curriculumAfter) {}

  /** One training from pairs that all show one manner, weighted as the extractor would. */
  public Moved move(MadePreference preference) {
    List<MadePreference.Exchange> shown =
        preference.exchanges(curriculum, size.seed(), size.pairs(), false);
    List<MadePreference.Exchange> asked = asked(preference);
    List<Shown> all = new ArrayList<>();
    var random = new SplittableRandom(Hashes.subSeed(size.seed(), "intensity"));
    for (int i = 0; i < shown.size(); i++) {
      MadePreference.Exchange each = shown.get(i);
      Duration age = Duration.ofHours((long) (24 * 30.0 * (shown.size() - i) / shown.size()));
      all.add(new Shown(each, age, false, random.nextBoolean() ? 1 : 0.6));
    }
    TrainingSet set = weighted(all, new Factors(true, true, true), true);
    return measured(
        List.of(preference),
        asked,
        set,
        (before, after, curriculumBefore, curriculumAfter, summary, shorter, example) ->
            new Moved(
                preference.name().toLowerCase(Locale.ROOT),
                set.trainPairs().size(),
                asked.size(),
                before[0],
                after[0],
                curriculumBefore,
                curriculumAfter,
                summary,
                shorter,
                example));
  }

  /**
   * One arm of the reversal.
   *
   * @param arm which parts of the method it has
   * @param oldWish share of held-out replies in the manner liked first
   * @param newWish share of held-out replies in the manner liked since
   * @param curriculum share of curriculum checks met
   */
  public record Followed(
      String arm,
      @JsonProperty("old_wish") double oldWish,
      @JsonProperty("new_wish") double newWish,
      double curriculum,
      @JsonProperty("reward_accuracy") double rewardAccuracy,
      double kl) {}

  /**
   * A wish that reverses half-way, learned by arms that each have one part more: whole sentences
   * for sixty days, bare answers for sixty days since. One pair in ten is a slip against the wish
   * of its time, in a session of its own; half of the rest are mild signals, of which one in five
   * is wrong.
   */
  public List<Followed> reversal() {
    List<Followed> arms = new ArrayList<>();
    arms.add(arm("before training", null, false));
    arms.add(arm("plain DPO", new Factors(false, false, false), false));
    arms.add(arm("+ recency", new Factors(true, false, false), false));
    arms.add(arm("+ frequency", new Factors(true, true, false), false));
    arms.add(arm("+ intensity", new Factors(true, true, true), false));
    arms.add(arm("+ supervised grounding", new Factors(true, true, true), true));
    return arms;
  }

  private Followed arm(
      String name, @org.jspecify.annotations.Nullable Factors factors, boolean grounding) {
    List<MadePreference> wishes = List.of(MadePreference.LONGER, MadePreference.SHORTER);
    List<MadePreference.Exchange> asked = asked(MadePreference.SHORTER);
    if (factors == null) {
      try (ChatModel model = models.open(base.toString())) {
        double[] shares = shares(model, wishes, asked);
        return new Followed(name, shares[0], shares[1], curriculumScore(model), 0, 0);
      }
    }
    progress.accept(name);
    TrainingSet set = weighted(reversed(), factors, grounding);
    Path out = work.resolve("candidate");
    TrainingSummary summary = train(set, out, grounding);
    try (ChatModel model = models.open(out.toString())) {
      double[] shares = shares(model, wishes, asked);
      return new Followed(
          name,
          shares[0],
          shares[1],
          curriculumScore(model),
          summary.rewardAccuracy(),
          summary.kl());
    } finally {
      FileTrees.discard(out);
    }
  }

  private List<Shown> reversed() {
    List<MadePreference.Exchange> all =
        MadePreference.SHORTER.exchanges(curriculum, size.seed(), size.pairs(), false);
    var random = new SplittableRandom(Hashes.subSeed(size.seed(), "reversal"));
    List<Shown> shown = new ArrayList<>();
    for (int i = 0; i < all.size(); i++) {
      boolean wantsShort = i >= all.size() / 2;
      boolean slip = random.nextInt(10) == 0;
      boolean mild = random.nextBoolean();
      boolean wrong = slip || (mild && random.nextInt(5) == 0);
      MadePreference.Exchange each = all.get(i);
      if (wantsShort == wrong) {
        each = new MadePreference.Exchange(each.prompt(), each.disliked(), each.liked());
      }
      Duration age = Duration.ofHours((long) (24 * 120.0 * (all.size() - i) / all.size()));
      shown.add(new Shown(each, age, slip, mild ? 0.4 : 1));
    }
    return shown;
  }

  private List<MadePreference.Exchange> asked(MadePreference preference) {
    return preference.exchanges(curriculum, size.seed(), size.heldOut(), true);
  }

  /**
   * An exchange as somebody showed it.
   *
   * @param once said once and never again, rather than part of a wish
   */
  private record Shown(
      MadePreference.Exchange exchange, Duration age, boolean once, double intensity) {}

  private record Factors(boolean recency, boolean frequency, boolean intensity) {}

  private interface Report<T> {
    T of(
        double[] before,
        double[] after,
        double curriculumBefore,
        double curriculumAfter,
        TrainingSummary summary,
        List<PartOfTheWay> shorter,
        List<String> example);
  }

  private <T> T measured(
      List<MadePreference> manners,
      List<MadePreference.Exchange> asked,
      TrainingSet set,
      Report<T> report) {
    List<List<Message>> prompts = asked.stream().map(MadePreference.Exchange::prompt).toList();
    progress.accept("asking before training");
    double[] before;
    double curriculumBefore;
    String replyBefore;
    try (ChatModel model = models.open(base.toString())) {
      before = shares(model, manners, asked);
      curriculumBefore = curriculumScore(model);
      replyBefore = Greedy.replies(model, prompts.subList(0, 1), REPLY_TOKENS).getFirst();
    }
    Path out = work.resolve("candidate");
    progress.accept("training on " + set.trainPairs().size() + " pairs");
    TrainingSummary summary = train(set, out, true);
    progress.accept("asking after training");
    List<PartOfTheWay> shorter =
        size.shares().stream().map(share -> partOfTheWay(share, out, manners, asked)).toList();
    try (ChatModel model = models.open(out.toString())) {
      return report.of(
          before,
          shares(model, manners, asked),
          curriculumBefore,
          curriculumScore(model),
          summary,
          shorter,
          List.of(
              prompts.getFirst().getLast().content(),
              replyBefore,
              Greedy.replies(model, prompts.subList(0, 1), REPLY_TOKENS).getFirst()));
    } finally {
      FileTrees.discard(out);
    }
  }

  private PartOfTheWay partOfTheWay(
      double share,
      Path trained,
      List<MadePreference> manners,
      List<MadePreference.Exchange> asked) {
    Path out = work.resolve("part");
    trainer(config).goPartOfTheWay(base, trained, share, out);
    try (ChatModel model = models.open(out.toString())) {
      return new PartOfTheWay(share, shares(model, manners, asked)[0], curriculumScore(model));
    } finally {
      FileTrees.discard(out);
    }
  }

  private double[] shares(
      ChatModel model, List<MadePreference> manners, List<MadePreference.Exchange> asked) {
    List<String> replies =
        Greedy.replies(
            model, asked.stream().map(MadePreference.Exchange::prompt).toList(), REPLY_TOKENS);
    double[] shares = new double[manners.size()];
    for (int i = 0; i < shares.length; i++) {
      MadePreference manner = manners.get(i);
      shares[i] = replies.stream().filter(manner::complies).count() / (double) replies.size();
    }
    return shares;
  }

  private double curriculumScore(ChatModel model) {
    return Greedy.scores(model, curriculumItems).stream()
        .mapToDouble(Double::doubleValue)
        .average()
        .orElse(0);
  }

  private TrainingSummary train(TrainingSet set, Path out, boolean grounding) {
    FileTrees.discard(out);
    try {
      Files.createDirectories(out);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot create " + out, e);
    }
    DpoConfig used = grounding ? config : config.toBuilder().sftEpochs(0).build();
    return trainer(used).trainSummary(base, set, out, step -> {});
  }

  private ModelCandidateTrainer trainer(DpoConfig used) {
    return new ModelCandidateTrainer(
        used,
        TrainingOptions.defaults(),
        new Replay(curriculum, models, used.seed()),
        work.resolve("reference-logps.jsonl"),
        InstantSource.system(),
        System::nanoTime);
  }

  /** Weights as the extractor's, of mean 1; a factor that is left out is 1. */
  private static TrainingSet weighted(List<Shown> shown, Factors factors, boolean grounding) {
    WeightConfig weights = WeightConfig.defaults();
    long lasting = shown.stream().filter(s -> !s.once()).count();
    List<PairWeight> raw = new ArrayList<>();
    double sum = 0;
    for (Shown each : shown) {
      // A wish is expressed in every session it is part of; a slip once. Two wishes share the time.
      int expressions = each.once() ? 1 : (int) Math.max(1, lasting / 2);
      int sessions = each.once() ? 1 : Math.max(1, expressions / PER_SESSION);
      double frequency =
          factors.frequency()
              ? Weights.frequency(
                  expressions, sessions, weights.frequencyRho(), weights.withinSession())
              : 1;
      double recency = factors.recency() ? Weights.recency(each.age(), weights.halfLife()) : 1;
      double intensity = factors.intensity() ? each.intensity() : 1;
      double total = Weights.combine(frequency, recency, intensity, 1, weights);
      sum += total;
      raw.add(new PairWeight(frequency, recency, intensity, 1, total));
    }
    List<PreferencePair> pairs = new ArrayList<>();
    List<RatedReply> replies = new ArrayList<>();
    for (int i = 0; i < shown.size(); i++) {
      MadePreference.Exchange e = shown.get(i).exchange();
      PairWeight w = raw.get(i);
      double total = w.total() * shown.size() / sum;
      Instant at = NOW.minus(shown.get(i).age());
      String request = e.prompt().getLast().content();
      pairs.add(
          new PreferencePair(
              Hashes.sha256(request, e.liked(), e.disliked()),
              SCOPE,
              PreferencePair.Origin.CHOICE,
              e.prompt(),
              List.of(Message.assistant(e.liked())),
              List.of(Message.assistant(e.disliked())),
              new PairWeight(w.frequency(), w.recency(), w.intensity(), 1, total),
              at,
              List.of()));
      if (grounding) {
        replies.add(
            new RatedReply(
                Hashes.sha256(request, e.liked()),
                SCOPE,
                e.prompt(),
                List.of(Message.assistant(e.liked())),
                0.9,
                1,
                total,
                at,
                List.of()));
      }
    }
    return new TrainingSet(0, pairs, List.of(), replies, Map.of());
  }
}
