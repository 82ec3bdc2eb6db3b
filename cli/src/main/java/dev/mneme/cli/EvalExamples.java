package dev.mneme.cli;

import dev.mneme.data.JsonLines;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Which examples a task is made of: the curriculum's held-out ones, or a file's. */
final class EvalExamples {
  private static final int ENOUGH = 60;

  @Option(
      names = "--examples",
      paramLabel = "FILE",
      description = "Examples as JSON Lines (default: the curriculum's held-out ones).")
  @Nullable Path file;

  @Option(
      names = "--per-skill",
      paramLabel = "N",
      description = "Held-out examples of each skill of the curriculum (default: 60).")
  int perSkill = ENOUGH;

  @Option(
      names = "--skill",
      paramLabel = "PREFIX",
      description = "Only skills whose name begins so.")
  String skill = "";

  List<TrainingExample> read(long seed, Predicate<TrainingExample> wanted) {
    if (file != null) {
      return JsonLines.readAll(file, TrainingExample.class).stream()
          .filter(each -> each.skill().startsWith(skill))
          .filter(wanted)
          .toList();
    }
    Curriculum curriculum = Curriculum.load();
    var examples = new ArrayList<TrainingExample>();
    for (String name : curriculum.skills()) {
      if (name.startsWith(skill)) {
        curriculum
            .examples(seed, true, name::equals)
            .limit(perSkill * 4L)
            .filter(wanted)
            .limit(perSkill)
            .forEach(examples::add);
      }
    }
    return examples;
  }
}
