package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description = "Measure this machine: model, training, memory, preference pairs.",
    subcommands = {
      BenchModelCommand.class,
      BenchTrainCommand.class,
      BenchDpoCommand.class,
      BenchMemoryCommand.class,
    })
final class BenchCommand extends GroupCommand {}
