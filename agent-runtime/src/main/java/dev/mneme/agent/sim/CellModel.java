package dev.mneme.agent.sim;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ToolSpec;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;

/**
 * The shared model as one cell sees it: what the log recorded is given again as it was, and only
 * then is the model asked. Every answer becomes an event. One thread at a time.
 */
final class CellModel implements ChatModel {
  private final ChatModel model;
  private final int cell;
  private final Deque<SimEvent> recorded = new ArrayDeque<>();
  private final Consumer<SimEvent> events;
  private int step;

  CellModel(ChatModel model, int cell, Consumer<SimEvent> events) {
    this.model = model;
    this.cell = cell;
    this.events = events;
  }

  /** Gives this event's answer again before the model is asked. */
  void replay(SimEvent event) {
    recorded.addLast(event);
  }

  void at(int newStep) {
    step = newStep;
  }

  @Override
  public ModelRef ref() {
    return switch (recorded.peekFirst()) {
      case SimEvent.Generated generated -> generated.model();
      case SimEvent.GenerationFailed failed -> failed.model();
      case null, default -> model.ref();
    };
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
    SimEvent next = recorded.pollFirst();
    return switch (next) {
      case SimEvent.Generated generated -> {
        events.accept(generated);
        onText.accept(generated.message().content());
        yield new ChatReply(
            generated.message(),
            generated.finish(),
            new Latency(
                generated.promptTokens(), generated.cachedTokens(), generated.replyTokens(), 0, 0),
            generated.model());
      }
      case SimEvent.GenerationFailed failed -> {
        events.accept(failed);
        throw new ChatModelException(failed.reason(), failed.retryable(), null);
      }
      case null, default -> live(request, onText, cancellation);
    };
  }

  private ChatReply live(ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    ChatReply reply;
    try {
      reply = model.generate(request, onText, cancellation);
    } catch (ChatModelException e) {
      events.accept(
          new SimEvent.GenerationFailed(
              step, cell, String.valueOf(e.getMessage()), e.retryable(), model.ref()));
      throw e;
    }
    events.accept(
        new SimEvent.Generated(
            step,
            cell,
            reply.message(),
            reply.finish(),
            reply.latency().promptTokens(),
            // How much a cache helped depends on who came before: no part of the truth.
            0,
            reply.latency().replyTokens(),
            reply.model() == null ? model.ref() : reply.model()));
    return reply;
  }

  /** The shared model is closed by whoever opened it. */
  @Override
  public void close() {}
}
