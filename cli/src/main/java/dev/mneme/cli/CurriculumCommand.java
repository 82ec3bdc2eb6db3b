package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "curriculum",
    description = "Look at the starter's curriculum.",
    subcommands = {
      CurriculumSampleCommand.class,
      CurriculumExportCommand.class,
      CurriculumStatsCommand.class,
    })
final class CurriculumCommand extends GroupCommand {}
