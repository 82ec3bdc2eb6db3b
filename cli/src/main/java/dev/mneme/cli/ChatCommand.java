package dev.mneme.cli;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.Persona;
import dev.mneme.agent.SessionInfo;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.cli.chat.Headless;
import dev.mneme.cli.chat.Repl;
import dev.mneme.cli.chat.Style;
import java.io.Console;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "chat",
    description = "Talk with the agent; with -p or a pipe, answer once and leave.")
final class ChatCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = {"-p", "--prompt"},
      paramLabel = "PROMPT",
      description = "Answer this and leave; '-' reads it from standard input.")
  @Nullable String prompt;

  @Option(
      names = "--output-format",
      paramLabel = "FORMAT",
      description =
          "With -p: text (default), json (one object with reply, memories, provenance, timing) or"
              + " stream-json (one object an event); docs/chat.md has every field.",
      converter = FormatConverter.class)
  Headless.Format format = Headless.Format.TEXT;

  @Option(
      names = {"-c", "--continue"},
      description = "Go on with the latest session.")
  boolean resumeLatest;

  @Option(names = "--resume", paramLabel = "ID", description = "Go on with this session.")
  @Nullable String resume;

  @Option(names = "--session", paramLabel = "ID", description = "Name of the session to begin.")
  @Nullable String session;

  @Option(names = "--persona", paramLabel = "NAME", description = "Who answers.")
  @Nullable String persona;

  @Option(
      names = {"-m", "--model"},
      paramLabel = "MODEL",
      description =
          "active (default), a checkpoint's name or id, a folder, scripted:FILE, or URL#NAME of an"
              + " OpenAI-compatible endpoint.")
  @Nullable String model;

  @Option(names = "--seed", paramLabel = "N", description = "The same seed gives the same replies.")
  @Nullable Long seed;

  @Override
  public Integer call() {
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      var host = new WorkbenchChatHost(bench, model, seed);
      Persona who = host.persona(persona == null ? bench.config().chat().persona() : persona);
      host.readAhead(who);
      String id = sessionId(host);
      if (prompt != null || !atTerminal()) {
        return answerOnce(host, who, id);
      }
      return converse(host, who, id);
    }
  }

  private String sessionId(WorkbenchChatHost host) {
    if (resume == null && !resumeLatest) {
      return session == null ? host.newSessionId() : session;
    }
    List<SessionInfo> sessions = host.memory().sessions(host.scope("any"));
    if (resumeLatest) {
      if (sessions.isEmpty()) {
        throw new UserError("there is no session to continue yet; leave --continue out");
      }
      return sessions.getFirst().id();
    }
    String wanted = String.valueOf(resume);
    if (sessions.stream().noneMatch(s -> s.id().equals(wanted))) {
      throw new UserError(
          "there is no session "
              + wanted
              + "; there are: "
              + sessions.stream().limit(10).map(SessionInfo::id).toList());
    }
    return wanted;
  }

  private int answerOnce(WorkbenchChatHost host, Persona who, String id) {
    String text = prompt == null || prompt.equals("-") ? readStandardInput() : prompt;
    if (text.isBlank()) {
      throw new UserError("the prompt is empty; give one with -p or on standard input");
    }
    host.announceFirstRun(Output.err(spec)::println);
    var cancellation = new Cancellation();
    Thread stop = new Thread(cancellation::cancel, "stop-on-ctrl-c");
    Runtime.getRuntime().addShutdownHook(stop);
    var agent = host.agent(who, PermissionAsker.nobody());
    // The weights are loaded at the first question about them: that is no part of the turn.
    host.load();
    int code =
        new Headless(Output.out(spec), Output.err(spec), format, System::nanoTime)
            .run(agent.open(host.scope(id)), text.strip(), cancellation);
    if (!cancellation.isRequested()) {
      Runtime.getRuntime().removeShutdownHook(stop);
    }
    return code;
  }

  private int converse(WorkbenchChatHost host, Persona who, String id) {
    try (Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build()) {
      boolean plain =
          !System.getenv().getOrDefault("NO_COLOR", "").isEmpty()
              || Terminal.TYPE_DUMB.equals(terminal.getType());
      Style style = new Style(!plain);
      List<String> greeting = new ArrayList<>();
      host.announceFirstRun(greeting::add);
      greeting.add(
          who.name()
              + " on "
              + host.describeModel()
              + ". + or - judges a reply, /help lists the rest, Ctrl-D leaves.");
      new Repl(host, terminal, style, who, id, host.clock(), greeting).run();
      return ExitCodes.OK;
    } catch (IOException e) {
      throw new UncheckedIOException("cannot use this terminal", e);
    }
  }

  /** Null still means "no console at all"; whether it is a terminal is asked besides. */
  @SuppressWarnings("SystemConsoleNull")
  private static boolean atTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  private static String readStandardInput() {
    try {
      return new String(System.in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read standard input", e);
    }
  }

  /** {@code stream-json} for {@code STREAM_JSON}. */
  static final class FormatConverter
      implements picocli.CommandLine.ITypeConverter<Headless.Format> {
    @Override
    public Headless.Format convert(String value) {
      return switch (value) {
        case "text" -> Headless.Format.TEXT;
        case "json" -> Headless.Format.JSON;
        case "stream-json" -> Headless.Format.STREAM_JSON;
        default ->
            throw new picocli.CommandLine.TypeConversionException(
                "expected text, json or stream-json, got " + value);
      };
    }
  }
}
