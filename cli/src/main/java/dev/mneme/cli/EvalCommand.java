package dev.mneme.cli;

import picocli.CommandLine.Command;

@Command(
    name = "eval",
    description = "Evaluate a model, a memory or a satisfaction judge; compare runs.",
    subcommands = {
      EvalOursCommand.class,
      EvalCurriculumCommand.class,
      EvalMtBenchCommand.class,
      EvalIfevalCommand.class,
      EvalToolsCommand.class,
      EvalChoiceCommand.class,
      EvalPerplexityCommand.class,
      EvalPreferenceCommand.class,
      EvalLlmbarCommand.class,
      EvalMemoryCommand.class,
      EvalSatisfactionCommand.class,
      EvalCompareCommand.class,
      EvalReportCommand.class,
      EvalListCommand.class,
    })
final class EvalCommand extends GroupCommand {}
