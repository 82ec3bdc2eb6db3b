package dev.mneme.cli;

import dev.mneme.cli.preferences.LearntPreferences;
import dev.mneme.preference.PreferenceException;
import dev.mneme.preference.formats.PreferenceFormat;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "import",
    description = "Take preferences from a file; each has to pass the censor first.")
final class PreferencesImportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--format",
      required = true,
      paramLabel = "NAME",
      description = "trl, openai, kto or mneme.")
  String format = "";

  @Parameters(index = "0", paramLabel = "FILE", description = "JSON Lines of that format.")
  Path file = Path.of("");

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  @Override
  public Integer call() {
    LearntPreferences.Imported imported;
    try {
      imported = PreferencesWindow.learnt(spec).importFile(file, PreferenceFormat.of(format));
    } catch (IllegalArgumentException | PreferenceException | UncheckedIOException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    if (json) {
      Output.json(
          spec,
          Map.of(
              "accepted", imported.accepted(),
              "known", imported.known(),
              "dropped", imported.dropped()));
      return ExitCodes.OK;
    }
    Output.out(spec)
        .printf(
            Locale.ROOT,
            "%d taken, %d known already, %d refused%n",
            imported.accepted(),
            imported.known(),
            imported.dropped().size());
    imported.dropped().forEach(each -> Output.out(spec).println("  " + each));
    return ExitCodes.OK;
  }
}
