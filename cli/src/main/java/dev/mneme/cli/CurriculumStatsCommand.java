package dev.mneme.cli;

import dev.mneme.data.curriculum.Curriculum;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "stats", description = "Count templates by skill, lexicon entries and facts.")
final class CurriculumStatsCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    Curriculum.Counts counts = Curriculum.load().counts();
    if (json) {
      Output.json(spec, counts);
      return ExitCodes.OK;
    }
    PrintWriter out = Output.out(spec);
    out.println("templates by skill (memory skills share one set of topics)");
    counts.templates().forEach((skill, n) -> out.printf(Locale.ROOT, "  %-26s %,6d%n", skill, n));
    out.println("lexicon entries");
    counts.lexicons().forEach((name, n) -> out.printf(Locale.ROOT, "  %-26s %,6d%n", name, n));
    out.printf(Locale.ROOT, "facts %,27d%n", counts.facts());
    out.flush();
    return ExitCodes.OK;
  }
}
