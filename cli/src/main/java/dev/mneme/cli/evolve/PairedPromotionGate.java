package dev.mneme.cli.evolve;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.cli.evolve.KnownScores.Items;
import dev.mneme.cli.models.ChatModels;
import dev.mneme.data.Expectation;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.cycle.EvolutionCycle;
import dev.mneme.dpo.cycle.PromotionGate;
import dev.mneme.evals.Comparison;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.PairedEvaluation;
import dev.mneme.evals.RunSettings;
import dev.mneme.evals.ours.OurPrompts;
import dev.mneme.evals.stats.Cluster;
import dev.mneme.evals.stats.PairedTest;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Compares a candidate with the active checkpoint on the same items, in pairs, and with the origin
 * of both.
 *
 * <ul>
 *   <li>{@code preference_accuracy}: on held-out pairs, the share whose chosen reply the model
 *       finds likelier per token; must rise, or stay where it cannot rise.
 *   <li>{@code reward_accuracy}: the share of held-out pairs whose margin moved towards the chosen
 *       reply; must exceed one half.
 *   <li>{@code ours}: the mean grade on our 80 prompts; must not fall by more than a margin.
 *   <li>{@code curriculum}: held-out curriculum checks met; must not fall by more than a margin.
 *   <li>{@code abstention}, {@code safety}: the parts of the curriculum where a fall is never
 *       accepted.
 *   <li>{@code length_ratio}: must stay within bounds.
 *   <li>{@code ours_from_origin}, {@code curriculum_from_origin}, {@code abstention_from_origin},
 *       {@code safety_from_origin}: the same against what the first cycle began with, each with a
 *       margin. Every cycle may lose a little, and a hundred of them would lose everything.
 * </ul>
 *
 * <p>The curriculum's items are others in every cycle. What serves was chosen for how it did on
 * some, so it looks better on them than it is, and its luck would be held against every candidate
 * after it; and what serves unluckily would be refused for the same two items for ever.
 *
 * <p>Confined to one thread: it keeps what the checkpoints scored for the next candidate.
 */
public final class PairedPromotionGate implements PromotionGate {
  private static final int EXAMPLES = 10;
  private static final int EXAMPLE_TOKENS = 160;
  private static final double CANNOT_RISE = 0.98;
  private static final String EVERYTHING = "curriculum";
  private static final String FROM_ORIGIN = "_from_origin";

  /** Five draws each: the mean of one strays by 0.06 of 10 from the model's own. */
  static final RunSettings GRADING = RunSettings.defaults().withEpochs(5);

  private final ChatModels models;
  private final EvalRunner runner;
  private final Curriculum curriculum;
  private final GateConfig config;
  private final Consumer<String> progress;
  private final KnownScores known = new KnownScores();

  public PairedPromotionGate(
      ChatModels models,
      EvalRunner runner,
      Curriculum curriculum,
      GateConfig config,
      Consumer<String> progress) {
    this.models = models;
    this.runner = runner;
    this.curriculum = curriculum;
    this.config = config;
    this.progress = progress;
  }

  @Override
  public Verdict judge(
      Path candidateFolder,
      Path activeFolder,
      @Nullable Path originFolder,
      List<PreferencePair> heldOut) {
    List<Check> checks = new ArrayList<>();
    try (ChatModel candidate = models.open(candidateFolder.toString())) {
      List<Example> examples;
      List<Items> items;
      try (ChatModel active = models.open(activeFolder.toString())) {
        progress.accept("gate: " + heldOut.size() + " held-out pairs");
        preferences(active, candidate, heldOut, checks);
        progress.accept("gate: our 80 prompts");
        grades(active, candidate, checks);
        progress.accept("gate: held-out curriculum");
        long seed = seed(active, heldOut);
        items =
            List.of(
                items(EVERYTHING, skill -> true, seed),
                items("abstention", Replay.ABSTENTION, seed),
                items("safety", Replay.SAFETY, seed));
        curriculum(items, active, candidate, checks);
        examples = examples(active, candidate, heldOut);
      }
      if (originFolder == null) {
        progress.accept(
            "gate: not compared with the checkpoint that the first cycle began with, which was"
                + " pruned without a trace");
      } else {
        progress.accept("gate: the same against the origin");
        try (ChatModel origin = models.open(originFolder.toString())) {
          fromOrigin(items, origin, candidate, checks);
        }
      }
      return new Verdict(checks, examples, config.seed());
    }
  }

  /** Of a cycle's items: what serves and what was held out tell cycles apart, and repeat. */
  private long seed(ChatModel active, List<PreferencePair> heldOut) {
    String pairs = Hashes.sha256(heldOut.stream().map(PreferencePair::id).toArray(String[]::new));
    return Hashes.subSeed(config.seed(), "gate", active.ref().sha256() + pairs);
  }

  private void preferences(
      ChatModel active, ChatModel candidate, List<PreferencePair> heldOut, List<Check> checks) {
    List<double[]> before = margins(active, heldOut);
    List<double[]> after = margins(candidate, heldOut);
    List<Cluster> accurateBefore = new ArrayList<>();
    List<Cluster> accurateAfter = new ArrayList<>();
    List<Cluster> half = new ArrayList<>();
    List<Cluster> moved = new ArrayList<>();
    for (int i = 0; i < heldOut.size(); i++) {
      String id = heldOut.get(i).id();
      accurateBefore.add(new Cluster(id, List.of(before.get(i)[0] > 0 ? 1.0 : 0.0)));
      accurateAfter.add(new Cluster(id, List.of(after.get(i)[0] > 0 ? 1.0 : 0.0)));
      half.add(new Cluster(id, List.of(0.5)));
      moved.add(new Cluster(id, List.of(after.get(i)[1] > before.get(i)[1] ? 1.0 : 0.0)));
    }
    PairedTest accuracy = PairedTest.of(accurateBefore, accurateAfter, config.seed());
    boolean rose = accuracy.difference() > 0;
    boolean stayedAtTop = accuracy.meanA() >= CANNOT_RISE && accuracy.difference() >= 0;
    checks.add(gain("preference_accuracy", accuracy, "must rise", rose || stayedAtTop));
    PairedTest reward = PairedTest.of(half, moved, config.seed());
    checks.add(gain("reward_accuracy", reward, "must exceed 0.5", reward.meanB() > 0.5));
  }

  /** Per pair: the margin per token, and the margin of sums. */
  private static List<double[]> margins(ChatModel model, List<PreferencePair> pairs) {
    return InParallel.run(
        pairs.stream()
            .<Callable<double[]>>map(
                pair ->
                    () -> {
                      double[] chosen = logLikelihood(model, pair.prompt(), pair.chosen());
                      double[] rejected = logLikelihood(model, pair.prompt(), pair.rejected());
                      return new double[] {
                        chosen[0] / chosen[1] - rejected[0] / rejected[1], chosen[0] - rejected[0]
                      };
                    })
            .toList());
  }

  /** Sum of log-probabilities, and tokens. */
  private static double[] logLikelihood(
      ChatModel model, List<Message> prompt, List<Message> reply) {
    String text = reply.getLast().content();
    double sum =
        model
            .logLikelihood(prompt, text)
            .orElseThrow(
                () -> new IllegalStateException(model.ref().id() + " gives no log-probabilities"));
    List<Message> whole = new ArrayList<>(prompt);
    whole.add(Message.assistant(text));
    int tokens = model.countTokens(whole, List.of()) - model.countTokens(prompt, List.of());
    return new double[] {sum, Math.max(1, tokens)};
  }

  private void grades(ChatModel active, ChatModel candidate, List<Check> checks) {
    Comparison comparison = graded(active, candidate);
    checks.add(grade("ours", comparison, config.maxGradeDrop()));
    double ratio = comparison.meanLengthB() / Math.max(1, comparison.meanLengthA());
    checks.add(
        new Check(
            "length_ratio",
            false,
            1,
            ratio,
            ratio - 1,
            ratio - 1,
            "between " + config.minLengthRatio() + " and " + config.maxLengthRatio(),
            ratio >= config.minLengthRatio() && ratio <= config.maxLengthRatio()));
  }

  private Comparison graded(ChatModel held, ChatModel candidate) {
    return new PairedEvaluation(runner)
        .compare(OurPrompts.task(), held, candidate, GRADING, new Cancellation());
  }

  /** A reply that says nothing has the lowest grade: silence must not pass for no loss. */
  private static Check grade(String name, Comparison comparison, double mayFall) {
    PairedTest overall = requireNonNull(comparison.floor(), "the task's own metric has a floor");
    return loss(name, overall, mayFall);
  }

  private void curriculum(
      List<Items> all, ChatModel active, ChatModel candidate, List<Check> checks) {
    for (Items each : all) {
      double mayFall = each.check().equals(EVERYTHING) ? config.maxCurriculumDrop() : 0;
      checks.add(loss(each.check(), scores(each, active, candidate), mayFall));
    }
  }

  private void fromOrigin(
      List<Items> all, ChatModel origin, ChatModel candidate, List<Check> checks) {
    checks.add(
        grade("ours" + FROM_ORIGIN, graded(origin, candidate), config.maxGradeDropFromOrigin()));
    for (Items each : all) {
      checks.add(
          loss(
              each.check() + FROM_ORIGIN,
              scores(each, origin, candidate),
              config.maxCurriculumDropFromOrigin()));
    }
  }

  private Items items(String name, Predicate<String> skills, long seed) {
    if (curriculum.skills().stream().noneMatch(skills)) {
      throw new IllegalStateException("the curriculum has no skill for the gate's check " + name);
    }
    return new Items(
        name, seed, draw(curriculum.examples(seed, true, skills), config.curriculumItems()));
  }

  /**
   * Examples that can be checked, each request once. Of 800 refusals that were drawn a dozen
   * wordings are half; each would count thirty times, and one that flips would decide.
   *
   * @param n drawn; what says the same again is left out of them
   */
  static List<TrainingExample> draw(Stream<TrainingExample> examples, int n) {
    Set<String> requests = new HashSet<>();
    return examples
        .filter(each -> !each.isProse() && !each.expectations().isEmpty())
        .limit(n)
        .filter(each -> requests.add(request(each)))
        .toList();
  }

  static String request(TrainingExample example) {
    Expectation last = example.expectations().getLast();
    return EvolutionCycle.request(example.messages().subList(0, last.message()));
  }

  private PairedTest scores(Items items, ChatModel held, ChatModel candidate) {
    return PairedTest.of(
        clusters(known.of(held, items)), clusters(known.of(candidate, items)), config.seed());
  }

  private static List<Cluster> clusters(List<Double> values) {
    List<Cluster> clusters = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      clusters.add(new Cluster("item " + i, List.of(values.get(i))));
    }
    return clusters;
  }

  private static List<Example> examples(
      ChatModel active, ChatModel candidate, List<PreferencePair> heldOut) {
    Set<List<Message>> distinct = new LinkedHashSet<>();
    heldOut.forEach(pair -> distinct.add(pair.prompt()));
    List<List<Message>> prompts = distinct.stream().limit(EXAMPLES).toList();
    List<String> before = Greedy.replies(active, prompts, EXAMPLE_TOKENS);
    List<String> after = Greedy.replies(candidate, prompts, EXAMPLE_TOKENS);
    List<Example> examples = new ArrayList<>();
    for (int i = 0; i < prompts.size(); i++) {
      examples.add(new Example(Message.request(prompts.get(i)), before.get(i), after.get(i)));
    }
    return examples;
  }

  private static Check gain(String name, PairedTest test, String rule, boolean passed) {
    return check(name, true, test, rule, passed);
  }

  private static Check loss(String name, PairedTest test, double mayFall) {
    return check(
        name,
        false,
        test,
        mayFall == 0 ? "must not fall" : "must not fall by more than " + mayFall,
        test.difference() >= -mayFall);
  }

  private static Check check(
      String name, boolean gain, PairedTest test, String rule, boolean passed) {
    return new Check(
        name,
        gain,
        test.meanA(),
        test.meanB(),
        test.interval().low(),
        test.interval().high(),
        rule,
        passed);
  }

  /** One line a check, for terminals. */
  public static String describe(Check check) {
    return String.format(
        Locale.ROOT,
        "%-4s %-20s %.3f -> %.3f  [%+.3f, %+.3f]  %s",
        check.passed() ? "ok" : "FAIL",
        check.name(),
        check.active(),
        check.candidate(),
        check.low(),
        check.high(),
        check.rule());
  }
}
