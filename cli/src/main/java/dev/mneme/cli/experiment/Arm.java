package dev.mneme.cli.experiment;

import dev.mneme.agent.sim.Scenario.MemoryScope;
import java.util.List;

/**
 * One condition of an experiment.
 *
 * @param name short, in results and plots
 * @param says what is different about it
 * @param settings configuration keys as {@code --set} takes them
 * @param memory what agents may recall
 * @param learns whether cycles run
 * @param adversarial the share of the people learnt from who say the opposite of what they think
 */
public record Arm(
    String name,
    String says,
    List<String> settings,
    MemoryScope memory,
    boolean learns,
    double adversarial) {
  public Arm {
    settings = List.copyOf(settings);
  }

  /** With memory, and nothing learnt. */
  static Arm still(String name, String says, MemoryScope memory) {
    return new Arm(name, says, List.of(), memory, false, 0);
  }

  /** With memory and cycles. */
  static Arm learning(String name, String says, String... settings) {
    return new Arm(name, says, List.of(settings), MemoryScope.OWN, true, 0);
  }

  Arm withAdversarial(double share) {
    return new Arm(name, says, settings, memory, learns, share);
  }

  /** The name as a folder or an option's value has it: {@code 20-no-gate} for "20 %, no gate". */
  public String slug() {
    return name.replaceAll("[^a-z0-9]+", "-").replaceAll("-$", "");
  }
}
