package dev.mneme.cli;

import dev.mneme.data.Expectation;
import dev.mneme.data.Message;
import dev.mneme.data.ToolCall;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(name = "sample", description = "Print a few examples of the curriculum to read.")
final class CurriculumSampleCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin CurriculumOptions options = new CurriculumOptions();

  @Option(
      names = {"-n", "--n"},
      paramLabel = "COUNT",
      description = "How many (default: ${DEFAULT-VALUE}).")
  int count = 5;

  @Option(names = "--json", description = "Print as a JSON array.")
  boolean json;

  @Override
  public Integer call() {
    if (count < 0) {
      throw new UserError("--n must not be negative, got " + count);
    }
    List<TrainingExample> examples = options.examples(Curriculum.load()).limit(count).toList();
    if (json) {
      Output.json(spec, examples);
      return ExitCodes.OK;
    }
    PrintWriter out = Output.out(spec);
    examples.forEach(each -> show(each, out));
    out.flush();
    return ExitCodes.OK;
  }

  private static void show(TrainingExample example, PrintWriter out) {
    out.println("== " + example.skill() + (example.tools().isEmpty() ? "" : " (tools offered)"));
    for (int i = 0; i < example.messages().size(); i++) {
      Message message = example.messages().get(i);
      out.println("[" + message.role().wireName() + "] " + message.content());
      for (ToolCall call : message.toolCalls()) {
        out.println("    calls " + call.name() + " " + call.arguments());
      }
      for (Expectation each : example.expectations()) {
        if (each.message() == i) {
          out.println("    expect " + each.measure() + ": " + each.check());
        }
      }
    }
    out.println();
  }
}
