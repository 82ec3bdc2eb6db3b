package dev.mneme.cli;

import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** The root: what {@code mneme --help} shows. */
@Command(
    name = "mneme",
    description = "An agent with a long-term memory that gets better because you use it.",
    mixinStandardHelpOptions = true,
    scope = picocli.CommandLine.ScopeType.INHERIT,
    versionProvider = VersionProvider.class,
    synopsisSubcommandLabel = "COMMAND",
    exitCodeListHeading = "%nExit codes:%n",
    exitCodeList = {
      "0:done",
      "1:it failed; the message says what to do",
      "2:the command line, the configuration or an input file is not right",
      "3:it ran, and a gate or threshold was not passed",
      "4:it ran, and there was nothing to learn from",
      "130:stopped by Ctrl-C"
    })
final class MnemeCommand extends GroupCommand {
  /** The commands in the order of the help. */
  static final List<Class<?>> COMMANDS =
      List.of(
          ChatCommand.class,
          EvolveCommand.class,
          SimulateCommand.class,
          ExperimentCommand.class,
          ModelsCommand.class,
          TrainCommand.class,
          EvalCommand.class,
          MemoryCommand.class,
          PreferencesCommand.class,
          McpCommand.class,
          CurriculumCommand.class,
          BenchCommand.class,
          ConfigCommand.class,
          DoctorCommand.class);

  @Mixin GlobalOptions global = new GlobalOptions();
}
