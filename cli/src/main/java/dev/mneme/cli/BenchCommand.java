package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "bench",
    description = "Measure this machine, and what training does: model, chat, memory, pairs.",
    subcommands = {
      BenchModelCommand.class,
      BenchChatCommand.class,
      BenchTrainCommand.class,
      BenchDpoCommand.class,
      BenchMemoryCommand.class,
      BenchPreferenceCommand.class,
      BenchReversalCommand.class,
    })
final class BenchCommand extends GroupCommand {}
