package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "memory",
    description = "Search, inspect, mend, move and erase the long-term memory.",
    subcommands = {})
final class MemoryCommand extends GroupCommand {}
