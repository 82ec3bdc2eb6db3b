package dev.mneme.preference;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Hashes;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import dev.mneme.preference.dialogue.SatisfactionModel;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns history into training signal: signals, satisfaction, pairs, weights, and what was refused.
 *
 * <p>A run has two halves. Reading goes through the history once and reads the sessions that are
 * new or changed since the state was last saved. Emitting makes everything the state supports,
 * weighted as of now. Both hold one user at a time; running them again on the same history at the
 * same time gives the same extractions with the same ids.
 *
 * <p>Immutable and safe to share; one run at a time a state.
 */
public final class PreferenceExtractor {
  private static final Logger log = LoggerFactory.getLogger(PreferenceExtractor.class);

  /** Replies of one tenant's sharing users looked at together, the newest. */
  private static final int SHARED_POOL = 50_000;

  private final ExtractorConfig config;
  private final PairMaker pairMaker;
  private final SessionAnalyzer analyzer;
  private final DenyList denied;
  private final InstantSource clock;
  private final Rerunner rerunner;

  /**
   * @param config parameters
   * @param model judges replies
   * @param similarity of requests in meaning; {@link Similarity#LEXICAL_ONLY} for none
   * @param rerunner answers again with a stated wish; {@link Rerunner#NONE} for none
   * @param denied evaluation items
   * @param clock what "now" is when weights are computed
   */
  public PreferenceExtractor(
      ExtractorConfig config,
      SatisfactionModel model,
      Similarity similarity,
      Rerunner rerunner,
      DenyList denied,
      InstantSource clock) {
    this.config = requireNonNull(config, "config is null");
    this.denied = requireNonNull(denied, "denied is null");
    this.clock = requireNonNull(clock, "clock is null");
    this.rerunner = requireNonNull(rerunner, "rerunner is null");
    this.pairMaker = new PairMaker(config.pairs(), similarity);
    this.analyzer = new SessionAnalyzer(config.pairs(), model, rerunner);
  }

  /** With the shipped satisfaction model, words alone, no reruns and no deny-list. */
  public PreferenceExtractor(ExtractorConfig config, InstantSource clock) {
    this(
        config,
        SatisfactionModel.standard(),
        Similarity.LEXICAL_ONLY,
        Rerunner.NONE,
        DenyList.NONE,
        clock);
  }

  /**
   * Reads what is new in the history, then emits everything it supports.
   *
   * @param sink is given every pair, rated reply, stated preference and refusal
   * @return the counts
   */
  public ExtractionReport extract(
      History history, ExtractorState state, Consumer<Extraction> sink) {
    var run = new Run(history, state, sink);
    run.read();
    return run.emit();
  }

  private final class Run {
    private final History history;
    private final ExtractorState state;
    private final Consumer<Extraction> sink;
    private final Instant now = clock.instant();
    private final List<Extraction.Rejected> whole = new ArrayList<>();
    private final EnumMap<DropReason, Long> dropped = new EnumMap<>(DropReason.class);
    private final EnumMap<PreferencePair.Origin, Long> pairs =
        new EnumMap<>(PreferencePair.Origin.class);
    private final List<WeightCurve> curves = new ArrayList<>();
    private long sessions;
    private long read;
    private long turns;
    private long replies;
    private long clear;
    private long good;
    private long bad;
    private long stated;
    private double totalWeight;

    Run(History history, ExtractorState state, Consumer<Extraction> sink) {
      this.history = history;
      this.state = state;
      this.sink = sink;
    }

    void read() {
      try (Stream<Session> all = history.sessions()) {
        var reader = new UserReader();
        all.forEachOrdered(reader::accept);
        reader.finish();
        // Who is gone from the history is gone: an erased person must not live on in a cache.
        for (ExtractorState.UserKey key : state.users()) {
          boolean ours = config.tenant() == null || key.tenant().equals(config.tenant());
          if (ours && !reader.users.contains(key)) {
            state.forget(key.tenant(), key.user());
          }
        }
      }
      log.info("read {} new or changed of {} sessions", read, sessions);
    }

    /** Loads a user's state at their first session and saves it after their last. */
    private final class UserReader {
      private @Nullable UserState user;
      private final Set<ExtractorState.UserKey> users = new HashSet<>();
      private final Set<String> seen = new HashSet<>();
      private boolean changed;
      private boolean optedOut;

      void accept(Session session) {
        Scope scope = session.scope();
        sessions++;
        turns += session.turns().size();
        if (!ofTenant(session)) {
          refuse(session, DropReason.OTHER_TENANT, "expected tenant " + config.tenant());
          return;
        }
        UserState current = user;
        if (current == null
            || !current.tenant().equals(scope.tenant())
            || !current.user().equals(scope.user())) {
          finish();
          current = state.load(scope.tenant(), scope.user());
          user = current;
          users.add(new ExtractorState.UserKey(scope.tenant(), scope.user()));
          optedOut = !history.consentOf(scope.tenant(), scope.user()).learn();
          if (optedOut) {
            state.forget(scope.tenant(), scope.user());
          }
        }
        seen.add(UserState.key(scope));
        if (optedOut) {
          refuse(session, DropReason.OPTED_OUT, "nothing of this person is learned");
        } else {
          Instant begin = session.turns().isEmpty() ? now : session.turns().getFirst().at();
          List<StatedPreference> said = current.standingBefore(scope, begin, seen);
          if (!current.knows(session, analyzer.reader(said))
              || (rerunner.ready() && current.wantsReruns(session))) {
            current.put(analyzer.analyze(session, current.standing(scope, begin), said));
            read++;
            changed = true;
          }
        }
      }

      void finish() {
        UserState done = user;
        if (done != null && !optedOut) {
          changed |= done.retain(seen);
        }
        seen.clear();
        if (done != null && changed && !optedOut) {
          int forgotten = done.forgetBeyond(config.pairs().repliesPerUser());
          if (forgotten > 0) {
            count(DropReason.OVER_LIMIT, forgotten);
          }
          state.save(done);
        }
        user = null;
        changed = false;
      }
    }

    private boolean ofTenant(Session session) {
      String tenant = config.tenant() == null ? session.scope().tenant() : config.tenant();
      return session.scope().tenant().equals(tenant)
          && session.turns().stream().allMatch(turn -> turn.scope().tenant().equals(tenant));
    }

    private void refuse(Session session, DropReason reason, String explanation) {
      whole.add(
          new Extraction.Rejected(
              session.scope().session(), session.scope(), reason, explanation, null, List.of()));
    }

    ExtractionReport emit() {
      List<ExtractorState.UserKey> learnable = learnable();
      CensorConfig rules = learnable.size() < 2 ? config.censor().forOnePerson() : config.censor();
      Map<String, Double> caps = caps(learnable, rules);
      whole.forEach(this::reject);
      var pass = new Pass(new Censor(rules, denied));
      for (ExtractorState.UserKey key : learnable) {
        UserState user = state.load(key.tenant(), key.user());
        for (SessionFindings each : user.sessions()) {
          replies += each.replies();
        }
        clear += user.clearReplies();
        for (StatedPreference wish : user.wishes()) {
          stated++;
          sink.accept(new Extraction.Stated(wish));
        }
        double cap = caps.getOrDefault(owner(key.tenant(), key.user()), 1.0);
        Reversals reversals =
            pass.user(user, (found, weight) -> accept(found, weight, cap), this::rejectPair);
        curves.addAll(reversals.curves(key.user(), now));
        for (JudgedReply reply : user.replies()) {
          rate(reply, cap, pass.censor);
        }
      }
      pass.shared(
          (found, weight) ->
              accept(found, weight, caps.getOrDefault(owner(found.candidate()), 1.0)),
          this::rejectPair);
      log.info("emitted {} pairs of weight {}, dropped {}", pairs, totalWeight, dropped);
      return new ExtractionReport(
          learnable.size(),
          sessions,
          read,
          turns,
          replies,
          clear,
          pairs,
          good,
          bad,
          stated,
          new TreeMap<>(dropped),
          curves,
          totalWeight);
    }

    /** What each user's weights are multiplied by: a first pass that only adds up. */
    private Map<String, Double> caps(List<ExtractorState.UserKey> learnable, CensorConfig rules) {
      var totals = new LinkedHashMap<String, Double>();
      if (config.weights().maxUserShare() >= 1 || learnable.size() < 2) {
        return totals;
      }
      var pass = new Pass(new Censor(rules, denied));
      for (ExtractorState.UserKey key : learnable) {
        pass.user(
            state.load(key.tenant(), key.user()),
            (found, weight) -> totals.merge(owner(found.candidate()), weight.total(), Double::sum),
            (found, drop) -> {});
      }
      pass.shared(
          (found, weight) -> totals.merge(owner(found.candidate()), weight.total(), Double::sum),
          (found, drop) -> {});
      return Weights.capShares(totals, config.weights().maxUserShare());
    }

    /** Who may be learnt from; asks for everybody's consent, so once. */
    private List<ExtractorState.UserKey> learnable() {
      return state.users().stream()
          .filter(key -> config.tenant() == null || key.tenant().equals(config.tenant()))
          .filter(key -> history.consentOf(key.tenant(), key.user()).learn())
          .toList();
    }

    private String owner(Candidate pair) {
      return owner(pair.chosen().scope().tenant(), pair.chosen().scope().user());
    }

    private String owner(String tenant, String user) {
      return tenant + "\n" + user;
    }

    /** One go through the users, with the censor's memory of it. */
    private final class Pass {
      private final Censor censor;
      private final Map<String, List<JudgedReply>> pools = new TreeMap<>();

      Pass(Censor censor) {
        this.censor = censor;
      }

      Reversals user(UserState user, Taker taker, Refuser refuser) {
        List<PairMaker.Found> found = pairMaker.find(user);
        List<StatedPreference> wishes = user.wishes();
        var reversals = new Reversals(config.weights().halfLife(), wishes, found);
        Set<String> sudden =
            reversals.suddenFlips(config.censor().flips(), config.censor().flipWindow()).keySet();
        var wished = new HashSet<String>();
        wishes.forEach(wish -> wished.add(wish.slot() + "=" + wish.value()));
        judge(found, reversals, sudden, wished, taker, refuser);
        if (history.consentOf(user.tenant(), user.user()).share()) {
          pools.computeIfAbsent(user.tenant(), t -> new ArrayList<>()).addAll(user.replies());
        }
        return reversals;
      }

      void shared(Taker taker, Refuser refuser) {
        for (List<JudgedReply> pool : pools.values()) {
          pool.sort(Comparator.comparing(JudgedReply::at).thenComparing(JudgedReply::turnId));
          List<JudgedReply> newest =
              pool.subList(Math.max(0, pool.size() - SHARED_POOL), pool.size());
          List<PairMaker.Found> found = pairMaker.findShared(newest);
          var reversals = new Reversals(config.weights().halfLife(), List.of(), found);
          judge(found, reversals, Set.of(), Set.of(), taker, refuser);
        }
      }

      /** The latest first, so that of near-duplicates the freshest stays. */
      private void judge(
          List<PairMaker.Found> found,
          Reversals reversals,
          Set<String> sudden,
          Set<String> wished,
          Taker taker,
          Refuser refuser) {
        var ordered =
            found.stream()
                .sorted(
                    Comparator.comparing((PairMaker.Found f) -> f.candidate().at())
                        .reversed()
                        .thenComparing(f -> f.candidate().id()))
                .toList();
        for (PairMaker.Found each : ordered) {
          boolean asWished =
              each.aspects().stream()
                  .anyMatch(aspect -> wished.contains(aspect.slot() + "=" + aspect.value()));
          Optional<Censor.Drop> drop = censor.pair(each, sudden, asWished);
          if (drop.isPresent()) {
            refuser.refuse(each, drop.get());
          } else {
            taker.take(each, weight(each, reversals));
          }
        }
      }
    }

    private PairWeight weight(PairMaker.Found found, Reversals reversals) {
      Candidate pair = found.candidate();
      WeightConfig w = config.weights();
      double frequency =
          Weights.frequency(
              found.expressions(), found.sessions(), w.frequencyRho(), w.withinSession());
      double recency = Weights.recency(Duration.between(pair.at(), now), w.halfLife());
      double intensity =
          Weights.intensity(pair.chosen().value(), pair.rejected().value(), pair.intensity());
      double left = reversals.left(found.aspects(), pair.at().isAfter(now) ? pair.at() : now);
      return new PairWeight(
          frequency,
          recency,
          intensity,
          pair.confidence(),
          left * Weights.combine(frequency, recency, intensity, pair.confidence(), w));
    }

    private void accept(PairMaker.Found found, PairWeight weight, double cap) {
      Candidate pair = found.candidate();
      var capped =
          new PairWeight(
              weight.frequency(),
              weight.recency(),
              weight.intensity(),
              weight.confidence(),
              weight.total() * cap);
      pairs.merge(pair.origin(), 1L, Long::sum);
      totalWeight += capped.total();
      sink.accept(
          new Extraction.Pair(
              new PreferencePair(
                  pair.id(),
                  pair.rejected().scope(),
                  pair.origin(),
                  Candidate.under(pair.system(), pair.prompt()),
                  pair.chosen().reply(),
                  pair.rejected().reply(),
                  capped,
                  pair.at(),
                  pair.evidence())));
    }

    private void rejectPair(PairMaker.Found found, Censor.Drop drop) {
      Candidate pair = found.candidate();
      reject(
          new Extraction.Rejected(
              pair.id(),
              pair.rejected().scope(),
              drop.reason(),
              drop.explanation(),
              pair.origin(),
              drop.reason() == DropReason.SECRET || drop.reason() == DropReason.PERSONAL_IDENTIFIER
                  ? List.of()
                  : pair.evidence()));
    }

    private void reject(Extraction.Rejected rejected) {
      count(rejected.reason(), 1);
      sink.accept(rejected);
    }

    private void count(DropReason reason, long many) {
      dropped.merge(reason, many, Long::sum);
    }

    private void rate(JudgedReply reply, double cap, Censor censor) {
      boolean high = reply.liked() && reply.value() >= config.pairs().clearHigh();
      boolean low = reply.disliked() && reply.value() <= config.pairs().clearLow();
      if (!high && !low) {
        return;
      }
      String id = Hashes.sha256(reply.scope().tenant(), reply.scope().user(), reply.turnId());
      Optional<Censor.Drop> drop = censor.single(reply, high);
      if (drop.isPresent()) {
        reject(
            new Extraction.Rejected(
                id, reply.scope(), drop.get().reason(), drop.get().explanation(), null, List.of()));
        return;
      }
      WeightConfig w = config.weights();
      double recency = Weights.recency(Duration.between(reply.at(), now), w.halfLife());
      double weight = cap * Weights.combine(1, recency, reply.intensity(), reply.confidence(), w);
      if (high) {
        good++;
      } else {
        bad++;
      }
      sink.accept(
          new Extraction.Rated(
              new RatedReply(
                  id,
                  reply.scope(),
                  Candidate.under(reply.system(), reply.prompt()),
                  reply.reply(),
                  reply.value(),
                  reply.confidence(),
                  weight,
                  reply.at(),
                  reply.evidence())));
    }
  }

  @FunctionalInterface
  private interface Taker {
    void take(PairMaker.Found found, PairWeight weight);
  }

  @FunctionalInterface
  private interface Refuser {
    void refuse(PairMaker.Found found, Censor.Drop drop);
  }
}
