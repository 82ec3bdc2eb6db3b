package dev.mneme.agent.sim;

import dev.mneme.agent.sim.Scenario.DriftSpec;
import dev.mneme.agent.sim.Scenario.UserSpec;
import dev.mneme.data.Hashes;
import java.util.List;

/**
 * What a simulated person likes, and how that changes. Never leaves this package: extractors and
 * trainers see what the person says and does, not why.
 */
final class HiddenProfile {
  private final UserSpec spec;
  private final long seed;
  private final boolean adversarial;

  HiddenProfile(UserSpec spec, long seed, boolean adversarial) {
    this.spec = spec;
    this.seed = seed;
    this.adversarial = adversarial;
  }

  /**
   * Whether the person of this cell is one of the adversarial share: exactly that share of the
   * cells, beginning anywhere, so that few cells have no more and no fewer of them by luck.
   */
  static boolean adversarial(UserSpec spec, long runSeed, int cell) {
    double at = share(Hashes.subSeed(runSeed, "adversarial", spec.id()));
    return Math.floor(at + (cell + 1) * spec.adversarial())
        > Math.floor(at + cell * spec.adversarial());
  }

  /** A number in [0, 1) from a seed. */
  static double share(long seed) {
    return (seed >>> 11) * 0x1.0p-53;
  }

  static int pick(long seed, int size) {
    return (int) Math.floorMod(seed, (long) size);
  }

  boolean adversarial() {
    return adversarial;
  }

  List<Taste> tastes(int step) {
    List<List<Taste>> choices = spec.tastes();
    String era = "tastes";
    for (DriftSpec each : spec.drift()) {
      if (step >= each.at()) {
        choices = each.tastes();
        era = "drift-" + each.at();
      }
    }
    return choices.isEmpty()
        ? List.of()
        : choices.get(pick(Hashes.subSeed(seed, era), choices.size()));
  }

  /** How much of what the person likes about form a reply has, 0 to 1. */
  double form(String reply, int step) {
    List<Taste> tastes = tastes(step);
    return tastes.isEmpty()
        ? 1
        : (double) tastes.stream().filter(each -> each.likes(reply)).count() / tastes.size();
  }
}
