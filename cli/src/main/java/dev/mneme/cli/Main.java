package dev.mneme.cli;

import dev.mneme.model.LanguageModel;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.slf4j.bridge.SLF4JBridgeHandler;
import picocli.CommandLine;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** Entry point: parse, run, turn exceptions into one sentence and an exit code. */
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    if (args.length > 0 && args[0].equals("chat") && !namesModel(args)) {
      // First of all: the compiler needs the time that the rest of the start takes.
      Thread.ofPlatform().daemon().name("prepare").start(LanguageModel::prepare);
    }
    SLF4JBridgeHandler.removeHandlersForRootLogger();
    SLF4JBridgeHandler.install();
    System.exit(commandLineFor(args).execute(args));
  }

  /** A named model may be a script or an endpoint, which have no kernels. */
  private static boolean namesModel(String... args) {
    return Stream.of(args).anyMatch(arg -> arg.startsWith("-m") || arg.startsWith("--model"));
  }

  /** The whole command line; tests give it other writers. */
  static CommandLine commandLine() {
    return commandLine(MnemeCommand.COMMANDS);
  }

  /**
   * As much of the command line as these arguments need. Describing all commands takes a few tenths
   * of a second, and a person waits: where the first word names a command, it is described alone.
   */
  static CommandLine commandLineFor(String... args) {
    List<Class<?>> named =
        MnemeCommand.COMMANDS.stream()
            .filter(each -> args.length > 0 && args[0].equals(nameOf(each)))
            .toList();
    return commandLine(named.isEmpty() ? MnemeCommand.COMMANDS : named);
  }

  private static String nameOf(Class<?> command) {
    return command.getAnnotation(CommandLine.Command.class).name();
  }

  private static CommandLine commandLine(List<Class<?>> commands) {
    CommandLine root = new CommandLine(new MnemeCommand());
    commands.forEach(root::addSubcommand);
    root.getSubcommands().values().forEach(Main::dropExitCodes);
    return root.setCaseInsensitiveEnumValuesAllowed(true)
        .setExecutionStrategy(Main::run)
        .setParameterExceptionHandler(Main::explainUsage)
        .setExecutionExceptionHandler(Main::explain);
  }

  /** The list stands once, in the root's help. */
  private static void dropExitCodes(CommandLine command) {
    command.getCommandSpec().usageMessage().exitCodeList(Map.of()).exitCodeListHeading("");
    command.getSubcommands().values().forEach(Main::dropExitCodes);
  }

  private static int explainUsage(ParameterException e, String[] args) {
    CommandLine command = e.getCommandLine();
    PrintWriter err = command.getErr();
    if (command.getCommand() instanceof GroupCommand
        && !(e instanceof UnmatchedArgumentException)) {
      command.usage(err);
      return ExitCodes.USAGE;
    }
    err.println("mneme: " + e.getMessage());
    UnmatchedArgumentException.printSuggestions(e, err);
    err.println("(" + command.getCommandSpec().qualifiedName() + " --help shows what it takes)");
    err.flush();
    return ExitCodes.USAGE;
  }

  private static int run(ParseResult parsed) {
    if (GlobalOptions.of(parsed.commandSpec()).verbose) {
      LogSetup.verbose();
    }
    return new CommandLine.RunLast().execute(parsed);
  }

  private static int explain(Exception e, CommandLine command, ParseResult parsed) {
    PrintWriter err = command.getErr();
    err.println("mneme: " + sentence(e));
    if (GlobalOptions.of(parsed.commandSpec()).verbose) {
      e.printStackTrace(err);
    } else if (!(e instanceof UserError)) {
      err.println("(--verbose shows where)");
    }
    err.flush();
    return e instanceof UserError user ? user.exitCode() : ExitCodes.FAILURE;
  }

  /** Our own exceptions carry whole sentences; others get their kind in front. */
  private static String sentence(Exception e) {
    Throwable shown =
        e instanceof UncheckedIOException && e.getMessage() == null ? e.getCause() : e;
    String message = shown == null ? null : shown.getMessage();
    if (message == null || message.isBlank()) {
      return "failed with " + e.getClass().getSimpleName();
    }
    boolean ours = e.getClass().getName().startsWith("dev.mneme.");
    boolean plain =
        ours || e instanceof IllegalArgumentException || e instanceof UncheckedIOException;
    return plain ? message : e.getClass().getSimpleName() + ": " + message;
  }
}
