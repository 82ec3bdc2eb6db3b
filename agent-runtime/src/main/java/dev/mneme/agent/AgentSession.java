package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.agent.tool.ToolContext;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Provenance;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.time.LocalDate;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One conversation of an {@link Agent}: recall, prompt, generate, call tools, reply, log.
 *
 * <p>One thread at a time. It keeps a window of turns at hand and leaves the rest to memory, so a
 * session may go on for ever.
 *
 * <p>How turns are linked: a question's {@code replyTo} is the reply it follows; the final reply's
 * is the question. An assistant turn that only calls tools has none, and a tool's turn names the
 * calling turn, so two turns answer the same question exactly when one is a retry of the other.
 */
public final class AgentSession {
  private static final Logger log = LoggerFactory.getLogger(AgentSession.class);
  private static final int RECALL_MORE = 4;
  private static final String ASSISTANT = Role.ASSISTANT.wireName();
  private static final Pattern OWN_WORDS =
      Pattern.compile(
          "\\byou('ve|'d| have| had| just| once| ever| last| already)* (said|told|recommended|"
              + "suggested|advised|mentioned|explained|answered|wrote|gave|promised|proposed|listed)\\b|\\bdid"
              + " you (just |ever"
              + " )?(say|tell|recommend|suggest|advise|mention|explain|answer|write|give|promise|propose|list)\\b|\\byour"
              + " (last |earlier |first )?(answer|reply|advice|recommendation|suggestion|idea|"
              + "explanation|list|poem|story)\\b",
          Pattern.CASE_INSENSITIVE);
  private static final String NO_WISHES =
      "The reply was written without what you asked for in general: ";
  private static final String NO_MEMORY = "The reply was written without long-term memory: ";

  /** How much of the conversation the prompt had to leave out, as it was last said. */
  private enum Overflow {
    NONE,
    SOME,
    ALL
  }

  private final Agent agent;
  private final Scope scope;
  private final List<Exchange> window;
  private final Deque<Turn> unsaved = new ArrayDeque<>();
  private int nextIndex;
  private Overflow overflow = Overflow.NONE;
  private @Nullable ModelRef lastModel;

  AgentSession(Agent agent, Scope scope, List<Turn> turns) {
    this.agent = agent;
    this.scope = requireNonNull(scope, "scope is null");
    this.window = Exchange.of(turns);
    this.nextIndex = turns.isEmpty() ? 0 : turns.getLast().index() + 1;
    for (Turn each : turns) {
      if (each.provenance() != null) {
        lastModel = each.provenance().model();
      }
    }
  }

  public Scope scope() {
    return scope;
  }

  /** The turns at hand, oldest first, earlier attempts included. */
  public List<Turn> history() {
    return window.stream().flatMap(each -> each.turns().stream()).toList();
  }

  /** The newest reply; null before the first. */
  public @Nullable Turn lastReply() {
    for (int i = window.size() - 1; i >= 0; i--) {
      Turn reply = window.get(i).reply();
      if (reply != null) {
        return reply;
      }
    }
    return null;
  }

  /** What the newest question led to: tool calls, their results and the reply, without retries. */
  public List<Turn> lastStep() {
    return window.isEmpty() ? List.of() : window.getLast().attempt();
  }

  /**
   * The user says something; the agent answers. All that happens is told to {@code events} on this
   * thread, ending with {@code Done}, {@code Cancelled} or {@code Failed}. Never throws for what
   * model, memory, tools or servers do.
   */
  public void say(String text, Consumer<AgentEvent> events, Cancellation cancellation) {
    if (text.isBlank()) {
      throw new IllegalArgumentException("the user's message is empty");
    }
    Turn before = lastReply();
    Turn question = newTurn("user", Message.user(text), before == null ? null : before.id(), null);
    List<RecalledMemory> recalled = recall(text, events);
    try {
      saveUnsaved();
      agent.memory.log(question);
    } catch (AgentMemoryException e) {
      events.accept(
          new AgentEvent.Failed(
              "your message could not be logged, so it was not answered: " + e.getMessage(),
              true,
              ""));
      return;
    }
    nextIndex++;
    Exchange exchange = new Exchange();
    exchange.add(question);
    window.add(exchange);
    answer(exchange, question, recalled, events, cancellation);
    trim();
  }

  /**
   * Answers the last question once more. Both replies stay logged with the same {@code replyTo};
   * the prompt goes on with the newer.
   *
   * @throws IllegalStateException when nothing has been asked yet
   */
  public void retry(Consumer<AgentEvent> events, Cancellation cancellation) {
    if (window.isEmpty() || window.getLast().question() == null) {
      throw new IllegalStateException("there is no question to answer again");
    }
    Exchange exchange = window.getLast();
    Turn question = requireNonNull(exchange.question());
    Turn before = exchange.reply();
    answer(exchange, question, recall(question.message().content(), events), events, cancellation);
    Turn after = exchange.reply();
    if (before != null && after != null && !after.id().equals(before.id())) {
      try {
        agent.memory.record(
            scope, new Signal.Retry(before.id(), agent.clock.instant(), after.id()));
      } catch (AgentMemoryException e) {
        // Both replies are logged with the same question, which says the same; only the time is
        // lost.
        log.warn("the retry of {} could not be recorded: {}", before.id(), e.getMessage());
      }
    }
  }

  /**
   * Takes back the last exchange and every memory it wrote.
   *
   * @return its turns; empty when there is nothing to take back
   * @throws AgentMemoryException when memory cannot forget; then nothing is taken back
   */
  public List<Turn> undo() {
    if (window.isEmpty()) {
      return List.of();
    }
    List<Turn> turns = window.getLast().turns();
    agent.memory.forget(scope, turns.stream().map(Turn::id).toList());
    unsaved.removeAll(turns);
    window.removeLast();
    return turns;
  }

  /** Records feedback; throws {@link AgentMemoryException} when it cannot. */
  public void signal(Signal signal) {
    agent.memory.record(scope, signal);
  }

  /** Turns that could not be logged yet; logging them is tried again at the next step. */
  public List<Turn> unsaved() {
    return List.copyOf(unsaved);
  }

  /**
   * Logs what an earlier step could not.
   *
   * @throws AgentMemoryException when it still cannot
   */
  public void saveUnsaved() {
    while (!unsaved.isEmpty()) {
      try {
        agent.memory.log(unsaved.peekFirst());
      } catch (AgentMemoryException.Refused e) {
        // It would be refused for ever, and keep everything behind it from being logged.
        unsaved.removeFirst();
        throw e;
      }
      unsaved.removeFirst();
    }
  }

  private List<RecalledMemory> recall(String text, Consumer<AgentEvent> events) {
    if (agent.config.recallLimit() == 0) {
      return List.of();
    }
    try {
      // Some of them may stand in the conversation anyway, so ask for more than needed.
      List<RecalledMemory> found =
          agent.memory.recall(scope, text, agent.config.recallLimit() * RECALL_MORE);
      return ownWords(text) ? found : found.stream().filter(each -> !isOwn(each)).toList();
    } catch (AgentMemoryException e) {
      events.accept(new AgentEvent.Warned(NO_MEMORY + e.getMessage()));
      return List.of();
    }
  }

  /**
   * Whether the person asks for something the agent said. Only then do its own words come back as
   * memories: what a person told is evidence, but a model that reads its own earlier mistakes as
   * memories repeats them.
   */
  private static boolean ownWords(String text) {
    return OWN_WORDS.matcher(text).find();
  }

  private static boolean isOwn(RecalledMemory memory) {
    return memory.speaker().equals(ASSISTANT);
  }

  private void answer(
      Exchange exchange,
      Turn question,
      List<RecalledMemory> recalled,
      Consumer<AgentEvent> events,
      Cancellation cancellation) {
    var partial = new StringBuilder();
    try {
      noticeModel(events);
      new Step(exchange, question, recalled, events, cancellation, partial).run();
    } catch (ChatModelException e) {
      fail(events, "the model failed: " + e.getMessage(), e.retryable(), partial);
    } catch (Prompt.PromptTooLong e) {
      fail(events, String.valueOf(e.getMessage()), false, partial);
    } catch (AgentMemoryException.Refused e) {
      fail(events, "the reply cannot be remembered: " + e.getMessage(), false, partial);
    } catch (AgentMemoryException e) {
      fail(
          events,
          "the reply could not be logged, and will be with the next message: " + e.getMessage(),
          true,
          partial);
    }
  }

  private static void fail(
      Consumer<AgentEvent> events, String reason, boolean retryable, StringBuilder partial) {
    events.accept(new AgentEvent.Failed(reason, retryable, partial.toString()));
  }

  private void noticeModel(Consumer<AgentEvent> events) {
    ModelRef now = agent.model.ref();
    if (lastModel != null && !lastModel.equals(now)) {
      events.accept(new AgentEvent.ModelChanged(lastModel, now));
      overflow = Overflow.NONE;
    }
    lastModel = now;
  }

  private Turn newTurn(
      String speaker, Message message, @Nullable String replyTo, @Nullable Provenance provenance) {
    Instant at = agent.clock.instant();
    String id =
        Hashes.sha256(
                scope.tenant(),
                scope.user(),
                scope.agent(),
                scope.session(),
                Integer.toString(nextIndex),
                at.toString(),
                message.role().wireName(),
                message.content())
            .substring(0, 20);
    return new Turn(id, scope, nextIndex, speaker, message, at, replyTo, provenance);
  }

  /** Forgets exchanges that no prompt can reach any more; memory keeps them. */
  private void trim() {
    int turns = window.stream().mapToInt(each -> each.turns().size()).sum();
    while (window.size() > 1 && turns > agent.config.windowTurns()) {
      turns -= window.removeFirst().turns().size();
    }
  }

  /** Answering one question once. */
  private final class Step {
    private final Exchange exchange;
    private final Turn question;
    private final List<RecalledMemory> recalled;
    private final Consumer<AgentEvent> events;
    private final Cancellation cancellation;
    private final StringBuilder partial;
    private final List<Message> running = new ArrayList<>();
    private final List<ToolSpec> tools;
    private final List<String> preferences;
    private final LocalDate today;
    private final List<RecalledMemory> used = new ArrayList<>();

    Step(
        Exchange exchange,
        Turn question,
        List<RecalledMemory> recalled,
        Consumer<AgentEvent> events,
        Cancellation cancellation,
        StringBuilder partial) {
      this.exchange = exchange;
      this.question = question;
      this.recalled =
          recalled.stream().filter(each -> !question.id().equals(each.turnId())).toList();
      this.events = events;
      this.cancellation = cancellation;
      this.partial = partial;
      this.tools = agent.tools.specs();
      this.preferences = standing();
      this.today = agent.today();
      running.add(question.message());
    }

    private List<String> standing() {
      try {
        return agent.preferences.apply(scope);
      } catch (AgentMemoryException e) {
        events.accept(new AgentEvent.Warned(NO_WISHES + e.getMessage()));
        return List.of();
      }
    }

    void run() {
      for (int round = 0; ; round++) {
        boolean last = round == agent.config.maxToolRounds();
        if (last && round > 0) {
          events.accept(
              new AgentEvent.Warned(
                  "The model called tools "
                      + round
                      + " times without answering; now it has to answer without them."));
        }
        Prompt prompt = prompt(last ? List.of() : tools, round == 0);
        Sampling sampling = sampling(prompt);
        partial.setLength(0);
        ChatReply reply =
            agent.model.generate(
                new ChatRequest(prompt.messages(), last ? List.of() : tools, sampling),
                this::piece,
                cancellation);
        boolean calls = !reply.message().toolCalls().isEmpty() && !last;
        if (calls && reply.finish() != Finish.CANCELLED) {
          callTools(reply, sampling);
          if (cancellation.isRequested()) {
            events.accept(new AgentEvent.Cancelled(question));
            return;
          }
        } else {
          finish(reply, sampling);
          return;
        }
      }
    }

    private void piece(String text) {
      partial.append(text);
      events.accept(new AgentEvent.Token(text));
    }

    private Prompt prompt(List<ToolSpec> offered, boolean first) {
      int end = window.indexOf(exchange);
      List<Exchange> history = window.subList(0, end);
      Prompt prompt =
          Prompt.fit(
              new Prompt.Parts(
                  agent.model,
                  agent.config,
                  today,
                  preferences,
                  first ? limited(history) : List.copyOf(used),
                  history,
                  running,
                  offered));
      if (first) {
        used.addAll(prompt.used());
        events.accept(new AgentEvent.Recalled(prompt.used()));
      }
      noticeOverflow(history, prompt);
      return prompt;
    }

    /**
     * Says that the prompt leaves turns out when that begins, and once more when nothing of the
     * conversation is left in it; the turns between are no news. With another model it is again.
     */
    private void noticeOverflow(List<Exchange> history, Prompt prompt) {
      boolean whole = prompt.oldestKept() == 0;
      boolean nothing = !whole && prompt.oldestKept() == history.size();
      Overflow now = whole ? Overflow.NONE : nothing ? Overflow.ALL : Overflow.SOME;
      if (now.compareTo(overflow) > 0) {
        int out = nothing ? question.index() : history.get(prompt.oldestKept()).firstIndex();
        events.accept(
            new AgentEvent.TurnsDropped(out, prompt.tokens(), agent.model.contextTokens()));
        overflow = now;
      }
    }

    /** The best of what was recalled, those last that the conversation at hand already says. */
    private List<RecalledMemory> limited(List<Exchange> history) {
      List<String> near =
          history.subList(Math.max(0, history.size() - 2), history.size()).stream()
              .flatMap(each -> each.turns().stream())
              .map(Turn::id)
              .toList();
      return recalled.stream()
          .filter(each -> each.turnId() == null || !near.contains(each.turnId()))
          .limit(agent.config.recallLimit())
          .toList();
    }

    private Sampling sampling(Prompt prompt) {
      Sampling base = agent.config.sampling();
      return base.withMaxTokens(Math.max(1, Math.min(base.maxTokens(), prompt.replyTokens())))
          .withSeed(Hashes.subSeed(base.seed(), scope.session(), Integer.toString(nextIndex)));
    }

    private void callTools(ChatReply reply, Sampling sampling) {
      Turn calling = keep(newTurn(ASSISTANT, reply.message(), null, provenance(reply, sampling)));
      running.add(calling.message());
      for (ToolCall call : reply.message().toolCalls()) {
        events.accept(new AgentEvent.ToolCalled(call));
        ToolResult result =
            cancellation.isRequested()
                ? new ToolResult.Failed("stopped by the user")
                : agent.tools.call(call, new ToolContext(scope, cancellation::isRequested));
        events.accept(new AgentEvent.ToolReturned(call, result));
        Message message = Message.tool(call.id(), result.forModel());
        running.add(keep(newTurn(call.name(), message, calling.id(), null)).message());
      }
    }

    private void finish(ChatReply reply, Sampling sampling) {
      Message message = new Message(Role.ASSISTANT, reply.message().content(), List.of(), null);
      if (message.content().isBlank()) {
        events.accept(
            reply.finish() == Finish.CANCELLED
                ? new AgentEvent.Cancelled(question)
                : new AgentEvent.Failed("the model answered with nothing", true, ""));
        return;
      }
      Turn turn = keep(newTurn(ASSISTANT, message, question.id(), provenance(reply, sampling)));
      events.accept(new AgentEvent.Done(question, turn, reply.finish(), used));
    }

    private Provenance provenance(ChatReply reply, Sampling sampling) {
      ModelRef model = reply.model() == null ? agent.model.ref() : reply.model();
      lastModel = model;
      return new Provenance(
          model,
          sampling,
          used.stream().map(RecalledMemory::provenanceId).toList(),
          reply.latency(),
          agent.config.persona().name());
    }

    /** Logs a turn; when that fails the session keeps it and tries again at the next step. */
    private Turn keep(Turn turn) {
      nextIndex++;
      exchange.add(turn);
      unsaved.addLast(turn);
      saveUnsaved();
      return turn;
    }
  }
}
