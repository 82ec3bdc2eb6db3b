package dev.mneme.cli;

import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import picocli.CommandLine.Option;

/**
 * Which part of the curriculum is meant: what {@code curriculum sample} and {@code export} share.
 */
final class CurriculumOptions {
  @Option(
      names = "--skill",
      paramLabel = "SKILL",
      description =
          "Only skills whose name starts like this, for example memory or memory/conflict; may be"
              + " given several times.")
  List<String> skills = new ArrayList<>();

  @Option(names = "--held-out", description = "Wording that is never trained on.")
  boolean heldOut;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The same seed gives the same examples (default: ${DEFAULT-VALUE}).")
  long seed = 0;

  /** The endless stream that is asked for. */
  Stream<TrainingExample> examples(Curriculum curriculum) {
    for (String each : skills) {
      if (curriculum.skills().stream().noneMatch(skill -> skill.startsWith(each))) {
        throw new UserError(
            "no skill starts with '"
                + each
                + "'; expected the beginning of one of: "
                + String.join(", ", curriculum.skills()));
      }
    }
    return curriculum.examples(
        seed, heldOut, skill -> skills.isEmpty() || skills.stream().anyMatch(skill::startsWith));
  }
}
