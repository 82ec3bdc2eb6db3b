package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "models",
    description = "List, inspect, import, promote and roll back checkpoints.",
    subcommands = {})
final class ModelsCommand extends GroupCommand {}
