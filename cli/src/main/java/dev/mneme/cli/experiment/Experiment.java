package dev.mneme.cli.experiment;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.agent.sim.Scenario;
import dev.mneme.agent.sim.Scenario.MemoryScope;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;

/**
 * A question and the arms that answer it.
 *
 * @param name of the command
 * @param question what is asked
 * @param people resource of the scenario that is learnt from
 * @param measured resource of the scenario that is measured
 * @param drift whether the people change their mind after a third
 * @param arms the conditions; every one is compared with the first, see {@link #firstIsBaseline}
 */
public record Experiment(
    String name, String question, String people, String measured, boolean drift, List<Arm> arms) {
  /**
   * Evolution settings for few, short conversations: more of each pair than the defaults take,
   * because a cycle has a hundred pairs and not a thousand. How they were found is in
   * docs/experiments.md.
   */
  static final List<String> SETTINGS =
      List.of("training.epochs=4", "training.rpoAlpha=1", "training.replayFraction=3");

  /** The arm whose pairs all count the same. */
  static final String UNWEIGHTED = "none";

  private static final String NO_AGE = "preferences.halfLifeDays=100000";
  private static final String NO_CENSOR = "preferences.censor=false";
  private static final String NO_GATE = "gate.enabled=false";

  public Experiment {
    arms = List.copyOf(arms);
  }

  /** Experiment 1: the whole loop against three that lack something. */
  public static Experiment closedLoop() {
    return new Experiment(
        "closed-loop",
        "Does satisfaction rise with generations, more than without weights that learn, without"
            + " memory, or with supervised learning alone?",
        "guests.yaml",
        "newcomers.yaml",
        false,
        List.of(
            Arm.learning("closed loop", "memory, wishes and whole cycles"),
            Arm.learning(
                "supervised only", "the same without the preference phase", "training.epochs=0"),
            Arm.still("memory only", "memory and wishes, weights as shipped", MemoryScope.OWN),
            Arm.still("frozen", "no memory, weights as shipped", MemoryScope.NONE)));
  }

  /** Experiment 2: what each factor of the weights is good for. */
  public static Experiment weighting(boolean drift) {
    return new Experiment(
        drift ? "weighting-drift" : "weighting-stable",
        drift
            ? "After people change their mind, how fast does each weighting follow?"
            : "What does each factor of a preference's weight add while people keep their mind?",
        "guests.yaml",
        "newcomers.yaml",
        drift,
        List.of(
            Arm.learning("all", "frequency, recency and intensity"),
            weighting(UNWEIGHTED, 0, 0, 0),
            weighting("frequency", 1, 0, 0),
            weighting("recency", 0, 1, 0),
            weighting("intensity", 0, 0, 1)));
  }

  /**
   * Whether the others are held against the first arm, as against something that learns nothing;
   * otherwise the first is held against the others, as the whole against what lacks a part.
   */
  boolean firstIsBaseline() {
    return learns() && !arms.getFirst().learns();
  }

  /** Whether any arm runs cycles. */
  public boolean learns() {
    return arms.stream().anyMatch(Arm::learns);
  }

  /** The people learnt from, as they are in a run of this size. */
  Scenario people(Size size) {
    return changing(resource(people), size);
  }

  /** The people measured with. */
  Scenario measured(Size size) {
    return changing(resource(measured), size);
  }

  private Scenario changing(Scenario scenario, Size size) {
    return drift ? scenario.withDriftAt(driftAt(size) * size.steps()) : scenario.asOf(0);
  }

  /**
   * The generation whose newcomers are the first to have changed their mind. Two thirds are left to
   * follow in, because who is still on the way at the end is only known to need longer than that.
   */
  int driftAt(Size size) {
    return Math.max(1, size.generations() / 3);
  }

  static Scenario resource(String name) {
    try (InputStream in = Experiment.class.getResourceAsStream(name)) {
      return Scenario.parse(new String(requireNonNull(in, name).readAllBytes(), UTF_8), name);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the scenario " + name, e);
    }
  }

  private static Arm weighting(String name, int frequency, int recency, int intensity) {
    String settings =
        "preferences.frequency="
            + frequency
            + " preferences.recency="
            + recency
            + " preferences.intensity="
            + intensity
            + " preferences.confidence=0"
            + (recency == 0 ? " " + NO_AGE : "");
    return Arm.learning(
        name,
        name.equals(UNWEIGHTED) ? "every pair counts the same" : "by " + name + " alone",
        settings.split(" "));
  }

  /** Experiment 3: sharing a memory, its use and its leaks. */
  public static Experiment population() {
    return new Experiment(
        "population",
        "Does sharing what people allow to be shared help those who come later, and does anything"
            + " private leak?",
        "town.yaml",
        "town.yaml",
        false,
        List.of(
            Arm.still("sharing", "everybody's agent reads what anybody shared", MemoryScope.SHARED),
            Arm.still("not sharing", "every agent reads its own memory", MemoryScope.OWN)));
  }

  /** Experiment 4: people who reward bad replies. */
  public static Experiment robustness() {
    List<Arm> arms = new ArrayList<>();
    arms.add(Arm.still("frozen", "memory and wishes, weights as shipped", MemoryScope.OWN));
    for (int percent : new int[] {0, 5, 20}) {
      String share = percent + " %";
      String who = percent == 0 ? "everybody honest" : percent + " % reward what is bad";
      double adversarial = percent / 100.0;
      arms.add(Arm.learning(share, who + ", censor and gate at work").withAdversarial(adversarial));
      arms.add(
          Arm.learning(share + ", no censor", who + ", the gate alone", NO_CENSOR)
              .withAdversarial(adversarial));
      arms.add(
          Arm.learning(share + ", no gate", who + ", the censor alone", NO_GATE)
              .withAdversarial(adversarial));
      arms.add(
          Arm.learning(share + ", neither", who + ", neither censor nor gate", NO_CENSOR, NO_GATE)
              .withAdversarial(adversarial));
    }
    return new Experiment(
        "robustness",
        "Do people who reward bad replies make the model worse than it was, with and without censor"
            + " and gate?",
        "guests.yaml",
        "newcomers.yaml",
        false,
        arms);
  }
}
