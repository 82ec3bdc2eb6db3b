package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "config",
    description = "Show the configuration and where each value comes from.",
    subcommands = {ConfigShowCommand.class})
final class ConfigCommand extends GroupCommand {}
