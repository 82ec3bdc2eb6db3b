package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "experiment",
    description = {
      "Measure whether the loop works: the same simulated people under settings that differ in one"
          + " thing, five seeds, intervals and paired tests.",
      "What is measured are people and words that nothing was trained on. A run that was"
          + " interrupted goes on when the same command is given again."
    },
    subcommands = {
      ExperimentClosedLoopCommand.class,
      ExperimentWeightingCommand.class,
      ExperimentPopulationCommand.class,
      ExperimentRobustnessCommand.class,
    })
final class ExperimentCommand extends GroupCommand {}
