package dev.mneme.evals.ifeval;

import dev.mneme.data.Hashes;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * Verdicts of the 25 checkers on a reply.
 *
 * <p>Strict judges the reply as it stands. Loose also accepts it without its first line, without
 * its last line, without both, and each of these without asterisks, so that "Sure, here it is:" or
 * a bold heading does not fail an otherwise obedient reply.
 *
 * <p>The official checker draws at random in two places, and so does not always agree with itself
 * (its published loose verdict on one reply is harsher than its strict one). Asked for a number of
 * {@code #} or {@code !}, as two of the published prompts do, it counts a letter drawn at random
 * instead; and the language of a few words in capitals depends on which of their initials it draws.
 * Here the draws are a hash of seed, mode and reply: the same reply always gets the same verdict,
 * and {@link #DRAW_SEED} is one under which the published verdicts come out.
 */
public final class IfEval {
  private static final long DRAW_SEED = 1;

  private IfEval() {}

  /** The ids of all instructions that can be verified. */
  public static Set<String> instructionIds() {
    return Checkers.ids();
  }

  /** Which instructions the reply follows as it stands, in the prompt's order. */
  public static List<Boolean> strict(IfEvalPrompt prompt, String reply) {
    return prompt.checkers(draw("strict", reply)).stream()
        .map(each -> follows(each, reply))
        .toList();
  }

  /** Which instructions some loosened form of the reply follows, in the prompt's order. */
  public static List<Boolean> loose(IfEvalPrompt prompt, String reply) {
    Set<String> forms = forms(reply);
    return prompt.checkers(draw("loose", reply)).stream()
        .map(each -> forms.stream().anyMatch(form -> follows(each, form)))
        .toList();
  }

  private static Checkers.Draw draw(String mode, String reply) {
    return new Checkers.Draw() {
      @Override
      public char letter() {
        return (char) ('a' + Math.floorMod(Hashes.subSeed(DRAW_SEED, "letter", mode, reply), 26));
      }

      @Override
      public long seed() {
        return DRAW_SEED;
      }
    };
  }

  private static boolean follows(Checker checker, String reply) {
    return !PythonText.isBlank(reply) && checker.follows(reply);
  }

  private static Set<String> forms(String reply) {
    List<String> lines = List.of(reply.split("\n", -1));
    int n = lines.size();
    var forms = new LinkedHashSet<String>();
    forms.add(reply);
    forms.add(join(lines.subList(1, n)));
    forms.add(join(lines.subList(0, n - 1)));
    forms.add(join(lines.subList(Math.min(1, n - 1), n - 1)));
    for (String each : List.copyOf(forms)) {
      forms.add(each.replace("*", ""));
    }
    return forms;
  }

  private static String join(List<String> lines) {
    return PythonText.strip(String.join("\n", lines));
  }
}
