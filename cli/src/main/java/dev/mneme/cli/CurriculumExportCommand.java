package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.JsonLines;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "export",
    description = "Write examples as JSON Lines, one conversation with its checks a line.")
final class CurriculumExportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin CurriculumOptions options = new CurriculumOptions();

  @Option(
      names = {"-n", "--n"},
      paramLabel = "COUNT",
      description = "How many (default: ${DEFAULT-VALUE}).")
  long count = 10_000;

  @Option(names = "--json", description = "Print the summary as JSON.")
  boolean json;

  @Parameters(paramLabel = "FILE", description = "The file to write; replaced when it exists.")
  Path file = Path.of("curriculum.jsonl");

  /** What was written. */
  record Summary(String file, long examples, Map<String, Long> bySkill) {}

  @Override
  public Integer call() {
    if (count < 0) {
      throw new UserError("--n must not be negative, got " + count);
    }
    var bySkill = new TreeMap<String, Long>();
    Iterator<TrainingExample> examples = options.examples(Curriculum.load()).iterator();
    try (Writer out = Files.newBufferedWriter(file, UTF_8)) {
      for (long i = 0; i < count; i++) {
        TrainingExample each = examples.next();
        bySkill.merge(each.skill(), 1L, Long::sum);
        out.write(JsonLines.line(each));
      }
    } catch (IOException e) {
      throw new UserError(
          "cannot write " + file + ": " + e.getMessage() + "; name a file in a folder that exists",
          ExitCodes.FAILURE,
          e);
    }
    if (json) {
      Output.json(spec, new Summary(file.toString(), count, bySkill));
      return ExitCodes.OK;
    }
    Output.out(spec).println("wrote " + count + " examples to " + file);
    bySkill.forEach((skill, n) -> Output.out(spec).printf(Locale.ROOT, "  %-26s %,d%n", skill, n));
    Output.out(spec).flush();
    return ExitCodes.OK;
  }
}
