package dev.mneme.dpo.cycle;

import dev.mneme.data.PreferencePair;
import java.nio.file.Path;
import java.util.List;

/** Compares a candidate with what serves, on the same held-out items. */
public interface PromotionGate {
  Verdict judge(Path candidate, Path active, List<PreferencePair> heldOut);

  /**
   * @param checks every comparison that was made; the gate passes when all of them do
   * @param examples replies of both models to the same prompts, for people to read
   * @param seed of the bootstrap behind the intervals
   */
  record Verdict(List<Check> checks, List<Example> examples, long seed) {
    public Verdict {
      checks = List.copyOf(checks);
      examples = List.copyOf(examples);
    }

    public boolean passed() {
      return checks.stream().allMatch(Check::passed);
    }

    /** Whether the candidate gained what it should and failed only by losing something. */
    public boolean wentTooFar() {
      return !passed() && checks.stream().allMatch(c -> c.passed() || !c.gain());
    }
  }

  /**
   * One comparison.
   *
   * @param name for example {@code preference_accuracy}
   * @param gain whether the candidate had to be better; otherwise it had to be no worse
   * @param active the serving checkpoint's figure
   * @param candidate the candidate's figure
   * @param low lower end of the interval of the difference
   * @param high upper end of the interval of the difference
   * @param rule what was required, in words
   * @param passed whether it held
   */
  record Check(
      String name,
      boolean gain,
      double active,
      double candidate,
      double low,
      double high,
      String rule,
      boolean passed) {}

  /** The same prompt answered before and after. */
  record Example(String prompt, String before, String after) {}
}
