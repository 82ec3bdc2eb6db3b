package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.preference.Extraction;
import dev.mneme.preference.formats.PreferenceFormat;
import java.io.IOException;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "export",
    description = "Write preferences as JSON Lines: for TRL, OpenAI, KTO, or whole.")
final class PreferencesExportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Mixin PreferencesWindow window = new PreferencesWindow();

  @Option(
      names = "--format",
      required = true,
      paramLabel = "NAME",
      description = "trl, openai, kto or mneme.")
  String format = "";

  @Option(
      names = "--out",
      paramLabel = "FILE",
      description = "Where to (default: standard output).")
  @Nullable Path file;

  @Override
  public Integer call() {
    PreferenceFormat to;
    try {
      to = PreferenceFormat.of(format);
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    Path target = file;
    if (target == null) {
      return told(write(to, Output.out(spec)));
    }
    try (var out = new PrintWriter(Files.newBufferedWriter(target, UTF_8))) {
      int lines = write(to, out);
      if (out.checkError()) {
        throw new UserError(
            "cannot write " + target + ": the disk said no", ExitCodes.FAILURE, null);
      }
      return told(lines);
    } catch (IOException e) {
      throw new UserError("cannot write " + target + ": " + e.getMessage(), ExitCodes.FAILURE, e);
    }
  }

  private int write(PreferenceFormat to, PrintWriter out) {
    int[] lines = {0};
    window.run(
        spec,
        each -> {
          switch (each) {
            case Extraction.Pair pair ->
                to.lines(pair.pair()).forEach(line -> print(out, line, lines));
            case Extraction.Rated rated ->
                to.line(rated.reply()).ifPresent(line -> print(out, line, lines));
            case Extraction.Stated s -> {}
            case Extraction.Rejected r -> {}
          }
        });
    out.flush();
    return lines[0];
  }

  private static void print(PrintWriter out, String line, int[] lines) {
    out.print(line + "\n");
    lines[0]++;
  }

  private int told(int lines) {
    Output.err(spec).println(lines + (lines == 1 ? " line" : " lines"));
    return lines == 0 ? ExitCodes.NOTHING_TO_LEARN : ExitCodes.OK;
  }
}
