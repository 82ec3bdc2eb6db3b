package dev.mneme.evals;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ToolSpec;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;

/** Answers by a function, at once, and counts. */
public final class FakeModel implements ChatModel {
  public final AtomicInteger calls = new AtomicInteger();
  public final Set<ChatRequest> requests = ConcurrentHashMap.newKeySet();
  private final String id;
  private final Function<ChatRequest, String> answer;

  public FakeModel(String id, Function<ChatRequest, String> answer) {
    this.id = id;
    this.answer = answer;
  }

  @Override
  public ModelRef ref() {
    return new ModelRef(id, dev.mneme.data.Hashes.sha256(id));
  }

  @Override
  public int contextTokens() {
    return 4096;
  }

  @Override
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    return messages.stream().mapToInt(each -> each.content().length() / 4 + 1).sum();
  }

  @Override
  public ChatReply generate(
      ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    calls.incrementAndGet();
    requests.add(request);
    String text = answer.apply(request);
    onText.accept(text);
    return new ChatReply(
        Message.assistant(text), ChatReply.Finish.STOP, new Latency(10, 0, 5, 12.5, 40), ref());
  }

  @Override
  public void close() {}
}
