package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "mcp",
    description = "Model Context Protocol: serve the memory, list tools of servers.",
    subcommands = {McpServeCommand.class, McpListCommand.class})
final class McpCommand extends GroupCommand {}
