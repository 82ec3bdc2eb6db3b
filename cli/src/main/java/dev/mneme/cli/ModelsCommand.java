package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "models",
    description = "List, inspect, compare, import, promote and roll back checkpoints.",
    subcommands = {
      ModelsListCommand.class,
      ModelsShowCommand.class,
      ModelsDiffCommand.class,
      ModelsBlameCommand.class,
      ModelsImportCommand.class,
      ModelsPromoteCommand.class,
      ModelsRollbackCommand.class,
      ModelsPruneCommand.class,
      ModelsLogitsCommand.class,
    })
final class ModelsCommand extends GroupCommand {}
