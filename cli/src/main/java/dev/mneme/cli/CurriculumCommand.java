package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "curriculum",
    description = "Look at the starter's curriculum.",
    subcommands = {})
final class CurriculumCommand extends GroupCommand {}
