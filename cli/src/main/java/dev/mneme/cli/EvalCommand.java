package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "eval",
    description = "Evaluate a model, a memory or a satisfaction judge; compare runs.",
    subcommands = {
      EvalMemoryCommand.class,
      EvalSatisfactionCommand.class,
    })
final class EvalCommand extends GroupCommand {}
