package dev.mneme.cli.models;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import dev.mneme.model.LanguageModel;
import dev.mneme.model.generate.Generation;
import dev.mneme.model.text.SpokenText;
import dev.mneme.model.text.ToolCalls;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** One of our checkpoints behind the agent's port. Thread-safe; closes the language model. */
public final class LocalChatModel implements ChatModel {
  private final LanguageModel model;
  private final ModelRef ref;

  public LocalChatModel(LanguageModel model, ModelRef ref) {
    this.model = requireNonNull(model, "model is null");
    this.ref = requireNonNull(ref, "ref is null");
  }

  public LanguageModel languageModel() {
    return model;
  }

  @Override
  public ModelRef ref() {
    return ref;
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
    var spoken = new SpokenText(onText);
    Generation generation =
        model.generate(
            request.messages(),
            request.tools(),
            request.sampling(),
            spoken,
            cancellation::isRequested);
    spoken.end();
    List<ToolCall> calls = new ArrayList<>(generation.toolCalls());
    for (ToolCalls.Malformed each : generation.malformed()) {
      // The tool box tells the model what was wrong with it.
      calls.add(
          new ToolCall("call_" + calls.size(), "unparsed", Map.of(ToolBox.UNPARSED, each.text())));
    }
    return new ChatReply(
        new Message(Role.ASSISTANT, generation.content(), calls, null),
        calls.isEmpty() ? finish(generation.finish()) : ChatReply.Finish.TOOL_CALLS,
        new Latency(
            generation.promptTokens(),
            generation.cachedTokens(),
            generation.replyTokens(),
            generation.firstTokenMillis(),
            generation.totalMillis()),
        ref);
  }

  @Override
  public void readAhead(List<Message> messages, List<ToolSpec> tools) {
    if (countTokens(messages, tools) + 1 < contextTokens()) {
      // One token is the least a generation gives; the prompt stays in the prefix cache.
      model.generate(messages, tools, Sampling.greedy(1), piece -> {}, () -> false);
    }
  }

  private static ChatReply.Finish finish(Generation.Finish finish) {
    return switch (finish) {
      case STOP -> ChatReply.Finish.STOP;
      case LENGTH -> ChatReply.Finish.LENGTH;
      case TOOL_CALLS -> ChatReply.Finish.TOOL_CALLS;
      case CANCELLED -> ChatReply.Finish.CANCELLED;
    };
  }

  @Override
  public Optional<Likelihood> likelihood(
      List<Message> messages, List<ToolSpec> tools, String continuation) {
    LanguageModel.Likelihood found = model.likelihood(messages, tools, continuation);
    return Optional.of(new Likelihood(found.logProb(), found.tokens()));
  }

  @Override
  public void close() {
    model.close();
  }
}
