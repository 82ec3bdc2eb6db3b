package dev.mneme.cli;

import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.cli.preferences.LearntPreferences;
import dev.mneme.ltm.MemoryStoreException;
import dev.mneme.preference.Extraction;
import dev.mneme.preference.ExtractionReport;
import dev.mneme.preference.PreferenceException;
import java.nio.file.Files;
import java.time.Clock;
import java.time.Instant;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.time.format.DateTimeParseException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** The options of every command that looks at preferences, and the run behind them. */
final class PreferencesWindow {
  @Option(
      names = "--as-of",
      paramLabel = "TIME",
      description =
          "What was known then, weighted as of then (2026-11-22 or 2026-11-22T08:00:00Z).")
  @Nullable String asOf;

  @Option(
      names = "--since",
      paramLabel = "TIME",
      description = "Only sessions with something in them since then.")
  @Nullable String since;

  /** Extracts from the memory of this installation. */
  ExtractionReport run(CommandSpec spec, Consumer<Extraction> sink) {
    var window = new LearntPreferences.Window(time("--as-of", asOf), time("--since", since));
    Home home = GlobalOptions.of(spec).home();
    if (!Files.isDirectory(home.memory())) {
      throw new UserError(
          "there is no memory in " + home.memory() + " yet; chat first, or name another --home");
    }
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      return learnt(spec).run(bench.store(), window, sink);
    } catch (MemoryStoreException | PreferenceException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.FAILURE, e);
    }
  }

  static LearntPreferences learnt(CommandSpec spec) {
    GlobalOptions options = GlobalOptions.of(spec);
    MnemeConfig config = options.config();
    return new LearntPreferences(
        options.home().create(),
        config.preferences().extractor(config.scope().tenant()),
        Clock.systemUTC());
  }

  private static @Nullable Instant time(String option, @Nullable String text) {
    if (text == null) {
      return null;
    }
    try {
      return text.length() == 10
          ? LocalDate.parse(text).atStartOfDay(ZoneOffset.UTC).toInstant()
          : Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new UserError(
          option + " " + text + " is no time; write 2026-11-22 or 2026-11-22T08:00:00Z",
          ExitCodes.USAGE,
          e);
    }
  }
}
