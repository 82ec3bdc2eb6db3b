package dev.mneme.dpo.cycle;

import dev.mneme.data.PreferencePair;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Compares a candidate with what serves and with where it all began, on the same items. */
public interface PromotionGate {
  /**
   * @param candidate folder of the checkpoint in question
   * @param active folder of the one that serves
   * @param origin folder of the bundled or imported one that both descend from, so that many small
   *     losses do not add up unseen; null where it is not known any more
   * @param heldOut pairs that the candidate was not trained on
   */
  Verdict judge(Path candidate, Path active, @Nullable Path origin, List<PreferencePair> heldOut);

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
   * @param active the figure of what serves, or of the origin where the candidate is held to that
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
