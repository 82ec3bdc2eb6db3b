package dev.mneme.cli.chat;

import dev.mneme.agent.Agent;
import dev.mneme.agent.AgentEvent;
import dev.mneme.agent.AgentMemoryException;
import dev.mneme.agent.AgentSession;
import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.Persona;
import dev.mneme.agent.RecalledMemory;
import dev.mneme.agent.SessionInfo;
import dev.mneme.agent.tool.Permission;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Tool;
import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Latency;
import dev.mneme.data.Provenance;
import dev.mneme.data.Role;
import dev.mneme.data.Signal;
import dev.mneme.data.ToolCall;
import dev.mneme.data.Turn;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jline.keymap.KeyMap;
import org.jline.reader.Candidate;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.Reference;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The interactive chat: lines in, streamed replies out, slash commands, one-key feedback.
 *
 * <p>After a reply, {@code +} or {@code -} on an empty line judges it without a further word.
 * Ctrl-C stops a reply and keeps what came; on an empty line it reminds of Ctrl-D. One thread.
 */
public final class Repl {
  private static final Logger log = LoggerFactory.getLogger(Repl.class);
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d MMM yyyy HH:mm", Locale.ROOT);

  private final ChatHost host;
  private final Terminal terminal;
  private final Screen screen;
  private final Style style;
  private final InstantSource clock;
  private final LineReader reader;
  private final SlashCommands commands = new SlashCommands();

  private Persona persona;
  private AgentSession session;
  private List<RecalledMemory> lastMemories = List.of();
  private int replies;
  private long replyTokens;
  private double replyMillis;
  private @Nullable Latency lastLatency;
  private boolean leave;

  public Repl(
      ChatHost host,
      Terminal terminal,
      Style style,
      Persona persona,
      String sessionId,
      InstantSource clock,
      List<String> greeting) {
    this.host = host;
    this.terminal = terminal;
    this.screen = new Screen(terminal, style);
    greeting.forEach(screen::aside);
    this.style = style;
    this.clock = clock;
    this.persona = persona;
    this.reader = newReader();
    addCommands();
    this.session = opened(sessionId);
  }

  /** The session of that name, or a new one and why when that cannot be read. */
  private AgentSession opened(String id) {
    try {
      return agent().open(host.scope(id));
    } catch (AgentMemoryException e) {
      screen.warn("Session " + id + " cannot be read: " + e.getMessage() + " A new one begins.");
      return agent().open(host.scope(host.newSessionId()));
    }
  }

  /** Runs until the person leaves. */
  public void run() {
    if (!session.history().isEmpty()) {
      showHistory();
    }
    while (!leave) {
      String line;
      try {
        line = reader.readLine(style.bold(">") + " ");
      } catch (UserInterruptException e) {
        if (e.getPartialLine().isEmpty()) {
          screen.aside("Ctrl-D leaves.");
        }
        continue;
      } catch (EndOfFileException e) {
        break;
      }
      String message = ChatParser.message(line);
      if (message.isEmpty()) {
        continue;
      }
      handle(message);
    }
    if (!session.history().isEmpty()) {
      screen.aside(
          "Session " + session.scope().session() + "; 'mneme chat --continue' resumes it.");
    }
  }

  private void handle(String message) {
    try {
      if (message.startsWith("/")) {
        if (!commands.run(message)) {
          screen.warn("There is no " + message.split("\\s", 2)[0] + "; /help lists the commands.");
        }
      } else {
        converse(cancellation -> session.say(message, this::show, cancellation));
      }
    } catch (RuntimeException e) {
      // Whatever a command met, the conversation goes on.
      log.debug("{} failed", message.split("\\s", 2)[0], e);
      screen.warn(sentence(e));
    }
  }

  /** Our own exceptions carry whole sentences; others get their kind in front. */
  private static String sentence(RuntimeException e) {
    boolean ours =
        e.getClass().getName().startsWith("dev.mneme.")
            || e instanceof IllegalArgumentException
            || e instanceof IllegalStateException;
    return ours && e.getMessage() != null
        ? e.getMessage()
        : e.getClass().getSimpleName() + ": " + e.getMessage();
  }

  /** Runs something that generates, with Ctrl-C bound to stopping it. */
  private void converse(Consumer<Cancellation> step) {
    var cancellation = new Cancellation();
    Terminal.SignalHandler before =
        terminal.handle(Terminal.Signal.INT, signal -> cancellation.cancel());
    // What is typed meanwhile waits for the next line instead of standing in the reply.
    boolean echo = terminal.echo(false);
    screen.expect();
    try {
      step.accept(cancellation);
    } finally {
      screen.endReply();
      screen.takeSignDown();
      terminal.echo(echo);
      terminal.handle(Terminal.Signal.INT, before);
    }
  }

  private void show(AgentEvent event) {
    switch (event) {
      case AgentEvent.Token token -> screen.piece(token.text());
      case AgentEvent.Recalled recalled -> lastMemories = recalled.used();
      case AgentEvent.ToolCalled called -> {
        screen.aside(
            "["
                + called.call().name()
                + " "
                + Json.mapper().writeValueAsString(called.call().arguments())
                + "]");
        screen.expect();
      }
      case AgentEvent.ToolReturned returned -> {
        screen.row(style.dim("-> "), Headless.outcome(returned.result()));
        screen.expect();
      }
      case AgentEvent.TurnsDropped dropped ->
          screen.aside(
              "(The oldest "
                  + dropped.turns()
                  + " turns no longer fit what the model reads at once; they stay in memory.)");
      case AgentEvent.ModelChanged changed ->
          screen.aside(
              "(From now on " + changed.to().id() + " answers; /model rollback goes back.)");
      case AgentEvent.Warned warned -> screen.warn(warned.text());
      case AgentEvent.Done done -> finish(done);
      case AgentEvent.Cancelled ignored -> screen.aside("(stopped)");
      case AgentEvent.Failed failed ->
          screen.warn(failed.reason() + (failed.retryable() ? " /retry asks again." : ""));
    }
  }

  private void finish(AgentEvent.Done done) {
    screen.endReply();
    if (done.finish() == ChatReply.Finish.CANCELLED) {
      screen.aside("(stopped; what came is kept)");
    } else if (done.finish() == ChatReply.Finish.LENGTH) {
      screen.aside(
          "(cut at " + host.maxTokens() + " tokens; chat.maxTokens allows longer replies)");
    }
    screen.blank();
    replies++;
    Provenance provenance = done.reply().provenance();
    Latency latency = provenance == null ? null : provenance.latency();
    if (latency != null) {
      lastLatency = latency;
      replyTokens += latency.replyTokens();
      replyMillis += latency.totalMillis() - latency.firstTokenMillis();
    }
  }

  private void addCommands() {
    commands.add("help", "", "this list", rest -> help());
    commands.add(
        "good", "[WHY]", "the last reply was good (+ on an empty line)", r -> thumb(true, r));
    commands.add(
        "bad", "[WHY]", "the last reply was bad (- on an empty line)", r -> thumb(false, r));
    commands.add("fix", "BETTER REPLY", "what the last reply should have been", this::fix);
    commands.add("retry", "", "answer once more; both replies are kept", r -> retry());
    commands.add("undo", "", "take back the last exchange and its memories", r -> undo());
    commands.add("why", "", "which memories the last reply was given, and why", r -> why());
    commands.add(
        "memory", "QUERY | forget ID", "search what is remembered, or forget it", this::memory);
    commands.add(
        "preferences", "", "what was learnt about your preferences", r -> listPreferences());
    commands.add(
        "model", "[NAME | rollback]", "which model answers; choose another; go back", this::model);
    commands.add("persona", "[NAME]", "who answers; choose another", this::persona);
    commands.add("tools", "[allow|deny|ask NAME]", "what the agent may call", this::tools);
    commands.add("sessions", "", "earlier conversations", r -> sessions());
    commands.add("resume", "ID", "go on with an earlier conversation", this::resume);
    commands.add("new", "[NAME]", "begin a new conversation", this::begin);
    commands.add("stats", "", "speed and sizes of this conversation", r -> stats());
    commands.add(
        "evolve", "", "learn from the feedback so far, now", r -> host.evolve(screen::say));
    commands.add("export", "[FILE]", "write this conversation as JSON Lines", this::export);
    commands.add("quit", "", "leave (Ctrl-D)", r -> leave = true);
  }

  private void help() {
    for (SlashCommands.Command each : commands.all()) {
      screen.entry("/" + each.name() + " " + each.arguments(), each.help());
    }
    screen.entry("+ and -", "on an empty line: good, bad");
    screen.entry("Ctrl-C", "stops a reply; what came is kept");
    screen.entry("Ctrl-R, arrows, Tab", "search, walk through what was typed; complete");
    screen.entry("\"\"\" or \\", "several lines between; the line goes on");
  }

  private Turn requireReply() {
    Turn reply = session.lastReply();
    if (reply == null) {
      throw new IllegalStateException("There is no reply yet.");
    }
    return reply;
  }

  private void thumb(boolean up, String why) {
    session.signal(
        new Signal.Thumb(requireReply().id(), clock.instant(), up, why.isEmpty() ? null : why));
    screen.aside(up ? "Noted: good." : "Noted: not good. /fix says what it should have been.");
  }

  private void fix(String better) {
    if (better.isEmpty()) {
      throw new IllegalArgumentException("/fix needs the reply you wanted behind it.");
    }
    session.signal(new Signal.Fix(requireReply().id(), clock.instant(), better));
    screen.aside("Noted. The next cycle learns from it.");
  }

  private void retry() {
    converse(cancellation -> session.retry(this::show, cancellation));
  }

  private void undo() {
    List<Turn> undone = session.undo();
    lastMemories = List.of();
    screen.row(
        "",
        undone.isEmpty()
            ? "There is nothing to take back."
            : "Taken back: " + undone.getFirst().message().content());
  }

  /** What was recalled in this conversation is at hand; of an earlier one the log names it. */
  private void why() {
    Turn reply = requireReply();
    Provenance provenance = reply.provenance();
    List<String> used = provenance == null ? List.of() : provenance.memoriesUsed();
    if (used.isEmpty()) {
      screen.say("The last reply was given no memories.");
    } else if (lastMemories.isEmpty()) {
      for (Turn each : host.memory().turns(session.scope(), used)) {
        remembered(each.id(), each.at(), each.speaker(), each.message().content());
      }
      screen.aside("  (As its log says; how they scored was not kept.)");
    } else {
      for (RecalledMemory each : lastMemories) {
        remembered(each.id(), each.at(), each.speaker(), each.text());
        screen.aside("      " + each.why());
      }
    }
  }

  private void remembered(String id, Instant at, String speaker, String text) {
    screen.row(
        "  [" + id + "] " + at.atZone(ZoneId.systemDefault()).toLocalDate() + " " + speaker + ": ",
        text);
  }

  private void memory(String rest) {
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("/memory needs words to search for, or: forget ID");
    }
    if (rest.startsWith("forget ")) {
      String id = rest.substring("forget ".length()).strip();
      host.memory().forget(session.scope(), List.of(id));
      screen.aside("Forgotten: " + id);
      return;
    }
    List<RecalledMemory> found = host.memory().recall(session.scope(), rest, 8);
    if (found.isEmpty()) {
      screen.say("Nothing is remembered about that.");
    }
    for (RecalledMemory each : found) {
      remembered(
          String.valueOf(each.turnId() == null ? each.id() : each.turnId()),
          each.at(),
          each.speaker(),
          each.text());
    }
  }

  private void listPreferences() {
    List<String> lines = host.preferences();
    lines.forEach(screen::say);
    if (lines.isEmpty()) {
      screen.say("Nothing yet; say what you like and dislike.");
    }
  }

  private void model(String name) {
    if (name.equals("rollback")) {
      screen.say(host.rollbackModel());
    } else if (!name.isEmpty()) {
      host.useModel(name);
      reopen(session.scope().session());
      screen.say(host.describeModel());
    } else {
      screen.say(host.describeModel() + " answers. The registered ones (* is active):");
      host.models().forEach(line -> screen.row("  ", line));
    }
  }

  private void persona(String name) {
    if (name.isEmpty()) {
      screen.say(persona.name() + " answers. There are: " + String.join(", ", host.personas()));
      return;
    }
    persona = host.persona(name);
    reopen(session.scope().session());
    screen.aside("Now " + persona.name() + " answers.");
  }

  private void tools(String rest) {
    var box = agent().tools();
    String[] words = rest.split("\\s+");
    if (words.length == 2) {
      Permission permission = Permission.valueOf(words[0].toUpperCase(Locale.ROOT));
      Tool tool =
          box.tools().stream()
              .filter(t -> t.spec().name().equals(words[1]))
              .findFirst()
              .orElseThrow(
                  () -> new IllegalArgumentException("There is no tool " + words[1] + "."));
      box.decide(tool, permission);
    }
    for (Tool each : box.tools()) {
      screen.row(
          String.format(
              Locale.ROOT,
              "  %-6s %-16s ",
              box.permission(each).toString().toLowerCase(Locale.ROOT),
              each.spec().name()),
          each.spec().description());
    }
    host.toolProblems().forEach(screen::warn);
  }

  private void sessions() {
    for (SessionInfo each : host.memory().sessions(session.scope())) {
      screen.row(
          String.format(
              Locale.ROOT,
              "  %-16s %s %4d turns  ",
              each.id(),
              DAY.format(each.lastAt().atZone(ZoneId.systemDefault())),
              each.turns()),
          each.title());
    }
  }

  private void resume(String id) {
    if (host.memory().sessions(session.scope()).stream().noneMatch(s -> s.id().equals(id))) {
      throw new IllegalArgumentException("There is no session " + id + "; /sessions lists them.");
    }
    reopen(id);
    showHistory();
  }

  private void begin(String name) {
    reopen(name.isEmpty() ? host.newSessionId() : name);
    screen.aside("A new conversation: " + session.scope().session());
  }

  private void reopen(String id) {
    session = agent().open(host.scope(id));
    lastMemories = List.of();
  }

  private Agent agent() {
    return host.agent(persona, this::ask);
  }

  private PermissionAsker.Answer ask(Tool tool, ToolCall call) {
    String question =
        "The model wants to call "
            + tool.spec().name()
            + " "
            + call.arguments()
            + " ("
            + tool.origin()
            + "). Allow? [y]es, [a]lways, [n]o, n[e]ver: ";
    String answer;
    try {
      answer = reader.readLine(question).strip().toLowerCase(Locale.ROOT);
    } catch (UserInterruptException | EndOfFileException e) {
      return PermissionAsker.Answer.DENY_ONCE;
    }
    return switch (answer) {
      case "y", "yes" -> PermissionAsker.Answer.ALLOW_ONCE;
      case "a", "always" -> PermissionAsker.Answer.ALLOW_ALWAYS;
      case "e", "never" -> PermissionAsker.Answer.DENY_ALWAYS;
      default -> PermissionAsker.Answer.DENY_ONCE;
    };
  }

  private void stats() {
    screen.entry("session", session.scope().session() + ", " + session.history().size() + " turns");
    screen.entry("model", host.describeModel());
    String speed =
        replyMillis < 1
            ? ""
            : String.format(Locale.ROOT, ", %.0f tokens/s", replyTokens * 1000 / replyMillis);
    screen.entry("replies", replies + " here, " + replyTokens + " tokens" + speed);
    Latency last = lastLatency;
    if (last != null) {
      screen.entry(
          "last reply",
          String.format(
              Locale.ROOT,
              "first word after %.0f ms; %d tokens read (%d of them known), %d written",
              last.firstTokenMillis(),
              last.promptTokens(),
              last.cachedTokens(),
              last.replyTokens()));
    }
  }

  private void export(String name) {
    Path file =
        name.isEmpty()
            ? host.exportFolder().resolve(session.scope().session() + ".jsonl")
            : Path.of(name);
    JsonLines.write(file, session.history());
    screen.say("Written: " + file);
  }

  private void showHistory() {
    List<Turn> turns = session.history();
    int from = Math.max(0, turns.size() - 12);
    screen.aside(
        "Session "
            + session.scope().session()
            + ", "
            + turns.size()
            + " turns"
            + (from > 0 ? "; the last " + (turns.size() - from) + ":" : ":"));
    for (Turn each : turns.subList(from, turns.size())) {
      if (each.message().role() == Role.USER) {
        screen.say("> " + each.message().content());
      } else if (each.message().role() == Role.ASSISTANT && !each.message().content().isBlank()) {
        screen.say(each.message().content());
        screen.blank();
      }
    }
  }

  private LineReader newReader() {
    LineReader built =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .parser(new ChatParser())
            .completer(
                (r, line, candidates) -> {
                  if (line.line().startsWith("/") && line.wordIndex() == 0) {
                    for (SlashCommands.Command each : commands.all()) {
                      candidates.add(candidate("/" + each.name(), each.help()));
                    }
                  } else if (line.line().startsWith("/")) {
                    complete(line.words(), candidates);
                  }
                })
            .variable(LineReader.HISTORY_FILE, host.historyFile())
            .variable(LineReader.SECONDARY_PROMPT_PATTERN, ". ")
            .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
            .build();
    bindFeedback(built, "+", true);
    bindFeedback(built, "-", false);
    return built;
  }

  private void complete(List<String> words, List<Candidate> candidates) {
    boolean first = words.size() == 2;
    switch (words.getFirst()) {
      case "/persona" -> host.personas().forEach(each -> candidates.add(candidate(each, "")));
      case "/resume" ->
          host.memory()
              .sessions(session.scope())
              .forEach(each -> candidates.add(candidate(each.id(), each.title())));
      case "/model" -> {
        candidates.add(candidate("rollback", "the one before"));
        host.modelNames().forEach(each -> candidates.add(candidate(each, "")));
      }
      case "/tools" -> {
        if (first) {
          List.of("allow", "ask", "deny").forEach(each -> candidates.add(candidate(each, "")));
        } else {
          agent()
              .tools()
              .tools()
              .forEach(
                  each -> candidates.add(candidate(each.spec().name(), each.spec().description())));
        }
      }
      case "/memory" -> {
        if (first) {
          candidates.add(candidate("forget", "and the id of a memory"));
        }
      }
      default -> {}
    }
  }

  private static Candidate candidate(String value, String help) {
    String shown = help.isEmpty() ? null : Screen.cut(help, 60);
    return new Candidate(value, value, null, shown, null, null, true);
  }

  /** On an empty line the key judges the last reply; within a line it is itself. */
  private void bindFeedback(LineReader built, String key, boolean up) {
    String name = up ? "reply-good" : "reply-bad";
    built
        .getWidgets()
        .put(
            name,
            () -> {
              if (built.getBuffer().length() > 0 || lastReply() == null) {
                built.getBuffer().write(key);
              } else {
                built.printAbove(judge(up));
              }
              return true;
            });
    for (String map : List.of(LineReader.EMACS, LineReader.VIINS)) {
      KeyMap<org.jline.reader.Binding> keys = built.getKeyMaps().get(map);
      if (keys != null) {
        keys.bind(new Reference(name), key);
      }
    }
  }

  private @Nullable Turn lastReply() {
    return session.lastReply();
  }

  private String judge(boolean up) {
    try {
      session.signal(new Signal.Thumb(requireReply().id(), clock.instant(), up, null));
      return style.dim(up ? "Noted: good." : "Noted: not good.");
    } catch (AgentMemoryException e) {
      return style.warning(String.valueOf(e.getMessage()));
    }
  }
}
