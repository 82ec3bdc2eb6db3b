package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "models",
    description = "List, inspect, import, promote and roll back checkpoints.",
    subcommands = {ModelsShowCommand.class, ModelsLogitsCommand.class})
final class ModelsCommand extends GroupCommand {}
