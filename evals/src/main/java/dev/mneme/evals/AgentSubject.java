package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.Agent;
import dev.mneme.agent.AgentConfig;
import dev.mneme.agent.AgentEvent;
import dev.mneme.agent.AgentMemory;
import dev.mneme.agent.AgentSession;
import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.Persona;
import dev.mneme.agent.tool.BuiltIns;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Permissions;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolLimits;
import dev.mneme.data.Hashes;
import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A model with memory and tools as a subject: each request is put to an agent whose memory holds
 * nothing but the conversation so far, and whose tools are the built-in ones. What is measured is
 * the reply a person would read.
 *
 * <p>A request that brings its own system message or tools is the model's as it stands: such tasks
 * measure the model under a prompt that they lay out themselves. Likelihoods are the model's own.
 *
 * <p>Thread-safe; every request has an agent of its own. Closing it closes the model.
 */
public final class AgentSubject implements ChatModel {
  private static final String VERSION = "agent/1";

  /** The day the agent believes it is, so that a run of tomorrow compares with one of today. */
  private static final Instant TODAY = Instant.parse("2026-03-02T09:00:00Z");

  private static final InstantSource CLOCK = InstantSource.fixed(TODAY);
  private static final Scope SCOPE = new Scope("eval", "subject", "mneme", "item");

  private final ChatModel model;

  public AgentSubject(ChatModel model) {
    this.model = requireNonNull(model, "model is null");
  }

  @Override
  public ModelRef ref() {
    return named(model.ref());
  }

  private static ModelRef named(ModelRef inner) {
    return new ModelRef(inner.id() + "+agent", Hashes.sha256(VERSION, inner.sha256()));
  }

  @Override
  public int contextTokens() {
    return model.contextTokens();
  }

  @Override
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    return model.countTokens(messages, tools);
  }

  @Override
  public Optional<Likelihood> likelihood(
      List<Message> messages, List<ToolSpec> tools, String continuation) {
    return model.likelihood(messages, tools, continuation);
  }

  @Override
  public ChatReply generate(
      ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    List<Message> messages = request.messages();
    boolean bringsItsOwn =
        !request.tools().isEmpty()
            || messages.stream()
                .anyMatch(each -> each.role() == Role.SYSTEM || each.role() == Role.TOOL);
    if (bringsItsOwn || messages.getLast().role() != Role.USER) {
      return model.generate(request, onText, cancellation);
    }
    var counting = new Counting(model);
    try (var memory = new InMemoryAgentMemory()) {
      logEarlier(memory, messages);
      AgentSession session = agent(counting, memory, request.sampling()).open(SCOPE);
      var outcome = new Outcome(onText);
      session.say(messages.getLast().content(), outcome, cancellation);
      return outcome.reply(counting.latency());
    }
  }

  private static void logEarlier(AgentMemory memory, List<Message> messages) {
    for (int i = 0; i < messages.size() - 1; i++) {
      memory.log(
          new Turn(
              "earlier-" + i,
              SCOPE,
              i,
              messages.get(i).role().wireName(),
              messages.get(i),
              TODAY,
              i == 0 ? null : "earlier-" + (i - 1),
              null));
    }
  }

  private static Agent agent(ChatModel model, AgentMemory memory, Sampling sampling) {
    var tools =
        new ToolBox(
            () ->
                BuiltIns.all(
                    CLOCK,
                    ZoneOffset.UTC,
                    (query, context) ->
                        memory.recall(context.scope(), query, 6).stream()
                            .map(
                                each ->
                                    "["
                                        + each.id()
                                        + "] "
                                        + LocalDate.ofInstant(each.at(), ZoneOffset.UTC)
                                        + " "
                                        + each.speaker()
                                        + ": "
                                        + each.text())
                            .toList()),
            Permissions.inMemory(),
            PermissionAsker.nobody(),
            ToolLimits.DEFAULT);
    return new Agent(
        model,
        memory,
        tools,
        _ -> List.of(),
        AgentConfig.defaults(Persona.DEFAULT, sampling, ZoneOffset.UTC),
        CLOCK);
  }

  @Override
  public void close() {
    model.close();
  }

  /** How a step ended. */
  private static final class Outcome implements Consumer<AgentEvent> {
    private final Consumer<String> onText;
    private final StringBuilder text = new StringBuilder();
    private AgentEvent.@Nullable Done done;
    private AgentEvent.@Nullable Failed failed;

    Outcome(Consumer<String> onText) {
      this.onText = onText;
    }

    @Override
    public void accept(AgentEvent event) {
      switch (event) {
        case AgentEvent.Token token -> {
          text.append(token.text());
          onText.accept(token.text());
        }
        case AgentEvent.Done end -> done = end;
        case AgentEvent.Failed end -> failed = end;
        case AgentEvent.Cancelled _,
            AgentEvent.ModelChanged _,
            AgentEvent.Recalled _,
            AgentEvent.TurnsDropped _,
            AgentEvent.ToolCalled _,
            AgentEvent.ToolReturned _,
            AgentEvent.Warned _ -> {}
      }
    }

    ChatReply reply(Latency latency) {
      if (failed != null) {
        throw new ChatModelException(failed.reason(), failed.retryable(), null);
      }
      if (done == null) {
        return new ChatReply(
            Message.assistant(text.toString()), ChatReply.Finish.CANCELLED, latency);
      }
      return new ChatReply(done.reply().message(), done.finish(), latency);
    }
  }

  /** The model, with what its calls cost together. Confined to one request. */
  private static final class Counting implements ChatModel {
    private final ChatModel model;
    private final List<Latency> calls = new ArrayList<>();

    Counting(ChatModel model) {
      this.model = model;
    }

    Latency latency() {
      return new Latency(
          calls.stream().mapToInt(Latency::promptTokens).sum(),
          calls.stream().mapToInt(Latency::cachedTokens).sum(),
          calls.stream().mapToInt(Latency::replyTokens).sum(),
          calls.isEmpty() ? 0 : calls.getFirst().firstTokenMillis(),
          calls.stream().mapToDouble(Latency::totalMillis).sum());
    }

    @Override
    public ModelRef ref() {
      return model.ref();
    }

    @Override
    public int contextTokens() {
      return model.contextTokens();
    }

    @Override
    public int countTokens(List<Message> messages, List<ToolSpec> tools) {
      return model.countTokens(messages, tools);
    }

    @Override
    public ChatReply generate(
        ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
      ChatReply reply = model.generate(request, onText, cancellation);
      calls.add(reply.latency());
      return reply;
    }

    @Override
    public void close() {
      // The subject's.
    }
  }
}
