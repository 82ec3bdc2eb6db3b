package dev.mneme.cli.models;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
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
 * Whatever checkpoint is active: asks whenever its name is wanted and before each reply, and moves
 * over when another was promoted. What is counted in between is counted by the one in use, because
 * asking reads files and a prompt is counted many times.
 *
 * <p>Replies under way finish on the weights they began with; the old model is closed when the last
 * of them is done. Thread-safe.
 */
public final class FollowingChatModel implements ChatModel {
  private final Supplier<String> activeId;
  private final Function<String, ChatModel> opener;
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private @Nullable String currentId;
  private boolean closed;
  private volatile @Nullable ChatModel current;

  /**
   * @param activeId names what should answer; asked often, so cheap
   * @param opener loads what {@code activeId} named
   */
  public FollowingChatModel(Supplier<String> activeId, Function<String, ChatModel> opener) {
    this.activeId = activeId;
    this.opener = opener;
  }

  /** What is active now. */
  private <T> T with(Function<ChatModel, T> use) {
    follow();
    return withCurrent(use);
  }

  /** What was active when last asked. */
  private <T> T withLoaded(Function<ChatModel, T> use) {
    if (current == null) {
      follow();
    }
    return withCurrent(use);
  }

  private <T> T withCurrent(Function<ChatModel, T> use) {
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
      if (closed) {
        throw new IllegalStateException("the model is closed");
      }
      if (!wanted.equals(currentId)) {
        ChatModel next = opened(wanted);
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

  /** A promotion that cannot be followed is the step's failure; the session goes on. */
  private ChatModel opened(String wanted) {
    try {
      return opener.apply(wanted);
    } catch (RuntimeException e) {
      if (current == null) {
        throw e;
      }
      throw new ChatModelException(
          "checkpoint "
              + wanted
              + " is active now and cannot be loaded ("
              + e.getMessage()
              + "); /model rollback or 'mneme models rollback' goes back",
          true,
          e);
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
    return withLoaded(ChatModel::contextTokens);
  }

  @Override
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    return withLoaded(model -> model.countTokens(messages, tools));
  }

  @Override
  public ChatReply generate(
      ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    return with(model -> model.generate(request, onText, cancellation));
  }

  @Override
  public void readAhead(List<Message> messages, List<ToolSpec> tools) {
    with(
        model -> {
          model.readAhead(messages, tools);
          return true;
        });
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
      closed = true;
    } finally {
      lock.writeLock().unlock();
    }
  }
}
