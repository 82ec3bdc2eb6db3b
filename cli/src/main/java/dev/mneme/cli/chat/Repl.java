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
import dev.mneme.cli.UserError;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Latency;
import dev.mneme.data.Provenance;
import dev.mneme.data.Role;
import dev.mneme.data.Signal;
import dev.mneme.data.ToolCall;
import dev.mneme.data.Turn;
import java.io.PrintWriter;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneId;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
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

/**
 * The interactive chat: lines in, streamed replies out, slash commands, one-key feedback.
 *
 * <p>After a reply, {@code +} or {@code -} on an empty line judges it without a further word.
 * Ctrl-C stops a reply and keeps what came; on an empty line it reminds of Ctrl-D. One thread.
 */
public final class Repl {
  private static final DateTimeFormatter DAY =
      DateTimeFormatter.ofPattern("d MMM yyyy HH:mm", Locale.ROOT);

  private final ChatHost host;
  private final Terminal terminal;
  private final PrintWriter out;
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
  private boolean leave;

  public Repl(
      ChatHost host,
      Terminal terminal,
      Style style,
      Persona persona,
      String sessionId,
      InstantSource clock) {
    this.host = host;
    this.terminal = terminal;
    this.out = terminal.writer();
    this.style = style;
    this.clock = clock;
    this.persona = persona;
    this.reader = newReader();
    this.session = agent().open(host.scope(sessionId));
    addCommands();
  }

  /** Runs until the person leaves. */
  public void run() {
    if (!session.history().isEmpty()) {
      showHistory();
    }
    while (!leave) {
      String line;
      try {
        line = reader.readLine("> ");
      } catch (UserInterruptException e) {
        if (e.getPartialLine().isEmpty()) {
          say(style.dim("Ctrl-D leaves."));
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
    say(
        style.dim(
            "Session " + session.scope().session() + "; 'mneme chat --continue' resumes it."));
  }

  private void handle(String message) {
    try {
      if (message.startsWith("/")) {
        if (!commands.run(message)) {
          say("There is no " + message.split("\\s", 2)[0] + "; /help lists the commands.");
        }
      } else {
        converse(cancellation -> session.say(message, this::show, cancellation));
      }
    } catch (UserError
        | AgentMemoryException
        | IllegalStateException
        | IllegalArgumentException e) {
      say(style.warning(String.valueOf(e.getMessage())));
    }
  }

  /** Runs something that generates, with Ctrl-C bound to stopping it. */
  private void converse(Consumer<Cancellation> step) {
    var cancellation = new Cancellation();
    Terminal.SignalHandler before =
        terminal.handle(Terminal.Signal.INT, signal -> cancellation.cancel());
    try {
      step.accept(cancellation);
    } finally {
      terminal.handle(Terminal.Signal.INT, before);
    }
  }

  private void show(AgentEvent event) {
    switch (event) {
      case AgentEvent.Token token -> {
        out.print(token.text());
        out.flush();
      }
      case AgentEvent.Recalled recalled -> lastMemories = recalled.used();
      case AgentEvent.ToolCalled called ->
          say(style.dim("[" + called.call().name() + " " + called.call().arguments() + "]"));
      case AgentEvent.ToolReturned returned ->
          say(style.dim("[" + shorten(Headless.outcome(returned.result())) + "]"));
      case AgentEvent.TurnsDropped dropped ->
          say(
              style.dim(
                  "(The oldest "
                      + dropped.turns()
                      + " turns no longer fit what the model reads; they stay in memory.)"));
      case AgentEvent.ModelChanged changed ->
          say(
              style.dim(
                  "(From now on " + changed.to().id() + " answers; /model rollback goes back.)"));
      case AgentEvent.Warned warned -> say(style.warning(warned.text()));
      case AgentEvent.Done done -> finish(done);
      case AgentEvent.Cancelled ignored -> say(style.dim("(stopped)"));
      case AgentEvent.Failed failed -> {
        out.println();
        say(
            style.warning(failed.reason())
                + (failed.retryable() ? style.dim(" /retry asks again.") : ""));
      }
    }
  }

  private void finish(AgentEvent.Done done) {
    out.println();
    if (done.finish() == ChatReply.Finish.CANCELLED) {
      say(style.dim("(stopped; what came is kept)"));
    } else if (done.finish() == ChatReply.Finish.LENGTH) {
      say(style.dim("(cut at the reply's length limit)"));
    }
    replies++;
    Provenance provenance = done.reply().provenance();
    Latency latency = provenance == null ? null : provenance.latency();
    if (latency != null) {
      replyTokens += latency.replyTokens();
      replyMillis += latency.totalMillis() - latency.firstTokenMillis();
    }
    out.flush();
  }

  private void addCommands() {
    commands.add("help", "", "this list", rest -> help());
    commands.add(
        "good", "[WHY]", "the last reply was good (+ on an empty line)", r -> thumb(true, r));
    commands.add(
        "bad", "[WHY]", "the last reply was bad (- on an empty line)", r -> thumb(false, r));
    commands.add("fix", "BETTER REPLY", "what the last reply should have been", this::fix);
    commands.add(
        "retry", "", "answer the last question once more; both replies are kept", r -> retry());
    commands.add("undo", "", "take back the last exchange and the memories it wrote", r -> undo());
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
    commands.add("evolve", "", "learn from the feedback so far, now", r -> host.evolve(this::say));
    commands.add("export", "[FILE]", "write this conversation as JSON Lines", this::export);
    commands.add("quit", "", "leave (Ctrl-D)", r -> leave = true);
  }

  private void help() {
    for (SlashCommands.Command each : commands.all()) {
      say(
          String.format(
              Locale.ROOT, "  %-28s %s", "/" + each.name() + " " + each.arguments(), each.help()));
    }
    say(
        style.dim(
            "  \"\"\" opens and closes a message of several lines; a backslash continues a line."));
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
    say(style.dim(up ? "Noted: good." : "Noted: not good. /fix says what it should have been."));
  }

  private void fix(String better) {
    if (better.isEmpty()) {
      throw new IllegalArgumentException("/fix needs the reply you wanted behind it.");
    }
    session.signal(new Signal.Fix(requireReply().id(), clock.instant(), better));
    say(style.dim("Noted. The next cycle learns from it."));
  }

  private void retry() {
    converse(cancellation -> session.retry(this::show, cancellation));
  }

  private void undo() {
    List<Turn> undone = session.undo();
    say(
        style.dim(
            undone.isEmpty()
                ? "There is nothing to take back."
                : "Taken back: " + shorten(undone.getFirst().message().content())));
  }

  private void why() {
    if (lastMemories.isEmpty()) {
      say("The last reply was given no memories.");
      return;
    }
    for (RecalledMemory each : lastMemories) {
      say(
          String.format(
              Locale.ROOT,
              "  [%s] %s %s: %s",
              each.id(),
              each.at().atZone(ZoneId.systemDefault()).toLocalDate(),
              each.speaker(),
              shorten(each.text())));
      say(style.dim("      " + each.why()));
    }
  }

  private void memory(String rest) {
    if (rest.isEmpty()) {
      throw new IllegalArgumentException("/memory needs words to search for, or: forget ID");
    }
    if (rest.startsWith("forget ")) {
      String id = rest.substring("forget ".length()).strip();
      host.memory().forget(session.scope(), List.of(id));
      say(style.dim("Forgotten: " + id));
      return;
    }
    List<RecalledMemory> found = host.memory().recall(session.scope(), rest, 8);
    if (found.isEmpty()) {
      say("Nothing is remembered about that.");
    }
    for (RecalledMemory each : found) {
      say(
          String.format(
              Locale.ROOT,
              "  %s %s %s: %s",
              style.dim(String.valueOf(each.turnId() == null ? each.id() : each.turnId())),
              each.at().atZone(ZoneId.systemDefault()).toLocalDate(),
              each.speaker(),
              shorten(each.text())));
    }
  }

  private void listPreferences() {
    List<String> lines = host.preferences();
    lines.forEach(this::say);
    if (lines.isEmpty()) {
      say("Nothing yet; say what you like and dislike.");
    }
  }

  private void model(String name) {
    if (name.equals("rollback")) {
      say(host.rollbackModel());
    } else if (!name.isEmpty()) {
      host.useModel(name);
      reopen(session.scope().session());
      say(host.describeModel());
    } else {
      say(host.describeModel());
      host.models().forEach(line -> say("  " + line));
    }
  }

  private void persona(String name) {
    if (name.isEmpty()) {
      say(persona.name() + style.dim("   there are: " + String.join(", ", host.personas())));
      return;
    }
    persona = host.persona(name);
    reopen(session.scope().session());
    say(style.dim("Now " + persona.name() + " answers."));
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
      say(
          String.format(
              Locale.ROOT,
              "  %-6s %-16s %s",
              box.permission(each).toString().toLowerCase(Locale.ROOT),
              each.spec().name(),
              style.dim(shorten(each.spec().description()))));
    }
  }

  private void sessions() {
    for (SessionInfo each : host.memory().sessions(session.scope())) {
      say(
          String.format(
              Locale.ROOT,
              "  %-20s %s  %3d turns  %s",
              each.id(),
              DAY.format(each.lastAt().atZone(ZoneId.systemDefault())),
              each.turns(),
              each.title()));
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
    say(style.dim("A new conversation: " + session.scope().session()));
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
    say("  session   " + session.scope().session() + ", " + session.history().size() + " turns");
    say("  model     " + host.describeModel());
    say(
        String.format(
            Locale.ROOT,
            "  replies   %d here, %d tokens, %.0f tokens/s",
            replies,
            replyTokens,
            replyMillis > 0 ? replyTokens * 1000 / replyMillis : 0.0));
  }

  private void export(String name) {
    Path file =
        name.isEmpty()
            ? host.exportFolder().resolve(session.scope().session() + ".jsonl")
            : Path.of(name);
    JsonLines.write(file, session.history());
    say("Written: " + file);
  }

  private void showHistory() {
    List<Turn> turns = session.history();
    int from = Math.max(0, turns.size() - 12);
    say(
        style.dim(
            "Session "
                + session.scope().session()
                + ", "
                + turns.size()
                + " turns"
                + (from > 0 ? "; the last " + (turns.size() - from) + ":" : ":")));
    for (Turn each : turns.subList(from, turns.size())) {
      if (each.message().role() == Role.USER) {
        say("> " + each.message().content());
      } else if (each.message().role() == Role.ASSISTANT && !each.message().content().isBlank()) {
        say(each.message().content());
      }
    }
  }

  private void say(String line) {
    out.println(line);
    out.flush();
  }

  private static String shorten(String text) {
    String line = text.replaceAll("\\s+", " ").strip();
    return line.length() <= 160 ? line : line.substring(0, 157) + "...";
  }

  private LineReader newReader() {
    LineReader built =
        LineReaderBuilder.builder()
            .terminal(terminal)
            .parser(new ChatParser())
            .completer(
                (r, line, candidates) -> {
                  if (line.line().startsWith("/") && line.wordIndex() == 0) {
                    commands.names().forEach(name -> candidates.add(new Candidate(name)));
                  } else {
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
    List<String> options = new ArrayList<>();
    switch (words.getFirst()) {
      case "/persona" -> options.addAll(host.personas());
      case "/resume" ->
          host.memory().sessions(session.scope()).forEach(each -> options.add(each.id()));
      case "/model" -> options.add("rollback");
      case "/tools" -> options.addAll(List.of("allow", "ask", "deny"));
      case "/memory" -> options.add("forget");
      default -> {}
    }
    options.forEach(each -> candidates.add(new Candidate(each)));
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
