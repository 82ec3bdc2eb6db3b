package dev.mneme.cli.models;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ToolSpec;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Whatever checkpoint is active: asks before each reply and moves over when another was promoted.
 *
 * <p>Replies under way finish on the weights they began with; the old model is closed when the last
 * of them is done. Thread-safe.
 */
public final class FollowingChatModel implements ChatModel {
  private final Supplier<String> activeId;
  private final Function<String, ChatModel> opener;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private @Nullable String currentId;
  private @Nullable ChatModel current;

  /**
   * @param activeId names what should answer; asked often, so cheap
   * @param opener loads what {@code activeId} named
   */
  public FollowingChatModel(Supplier<String> activeId, Function<String, ChatModel> opener) {
    this.activeId = activeId;
    this.opener = opener;
  }

  private <T> T with(Function<ChatModel, T> use) {
    follow();
    lock.readLock().lock();
    try {
      ChatModel model = current;
      if (model == null) {
        throw new IllegalStateException("the model is closed");
      }
      return use.apply(model);
    } finally {
      lock.readLock().unlock();
    }
  }

  private void follow() {
    String wanted = activeId.get();
    lock.readLock().lock();
    try {
      if (wanted.equals(currentId)) {
        return;
      }
    } finally {
      lock.readLock().unlock();
    }
    lock.writeLock().lock();
    try {
      if (!wanted.equals(currentId)) {
        ChatModel next = opener.apply(wanted);
        if (current != null) {
          current.close();
        }
        current = next;
        currentId = wanted;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }

  /** The model in use, for what the port does not offer; valid until the next promotion. */
  public ChatModel currentModel() {
    return with(model -> model);
  }

  @Override
  public ModelRef ref() {
    return with(ChatModel::ref);
  }

  @Override
  public int contextTokens() {
    return with(ChatModel::contextTokens);
  }

  @Override
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    return with(model -> model.countTokens(messages, tools));
  }

  @Override
  public ChatReply generate(
      ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    return with(model -> model.generate(request, onText, cancellation));
  }

  @Override
  public Optional<Likelihood> likelihood(
      List<Message> messages, List<ToolSpec> tools, String continuation) {
    return with(model -> model.likelihood(messages, tools, continuation));
  }

  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (current != null) {
        current.close();
        current = null;
        currentId = null;
      }
    } finally {
      lock.writeLock().unlock();
    }
  }
}
