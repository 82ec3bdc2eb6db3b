package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "preferences",
    description = "What was learnt about your preferences, with the evidence.",
    subcommands = {
      PreferencesListCommand.class,
      PreferencesShowCommand.class,
      PreferencesStatsCommand.class,
      PreferencesExportCommand.class,
      PreferencesImportCommand.class,
      PreferencesConsentCommand.class,
    })
final class PreferencesCommand extends GroupCommand {}
