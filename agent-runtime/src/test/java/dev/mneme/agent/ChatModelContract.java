package dev.mneme.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What every {@link ChatModel} keeps; run by every implementation's test. */
public abstract class ChatModelContract {
  private static final List<Message> HELLO =
      List.of(Message.system("You are brief."), Message.user("Say a few words."));

  /** A model that answers {@link #prompt} with at least four tokens of text, always the same. */
  protected abstract ChatModel model();

  /** What is asked. */
  protected List<Message> prompt() {
    return HELLO;
  }

  private ChatRequest request(int maxTokens) {
    return new ChatRequest(prompt(), List.of(), Sampling.greedy(maxTokens));
  }

  @Test
  void piecesTogetherAreTheReply() {
    try (ChatModel model = model()) {
      var text = new StringBuilder();
      ChatReply reply = model.generate(request(64), text::append, new Cancellation());
      assertThat(reply.message().role()).isEqualTo(Role.ASSISTANT);
      assertThat(reply.message().content()).isEqualTo(text.toString()).isNotBlank();
      assertThat(reply.finish()).isIn(Finish.STOP, Finish.LENGTH);
      assertThat(reply.latency().promptTokens()).isPositive();
      assertThat(reply.latency().replyTokens()).isPositive();
      assertThat(reply.latency().totalMillis())
          .isGreaterThanOrEqualTo(reply.latency().firstTokenMillis());
    }
  }

  @Test
  void maxTokensEndsTheReply() {
    try (ChatModel model = model()) {
      ChatReply reply = model.generate(request(2), text -> {}, new Cancellation());
      assertThat(reply.finish()).isEqualTo(Finish.LENGTH);
      assertThat(reply.latency().replyTokens()).isLessThanOrEqualTo(2);
    }
  }

  @Test
  void cancellationKeepsWhatCame() {
    try (ChatModel model = model()) {
      var cancellation = new Awaited();
      var text = new StringBuilder();
      ChatReply reply =
          model.generate(
              request(64),
              piece -> {
                text.append(piece);
                cancellation.cancel();
              },
              cancellation);
      assertThat(reply.finish()).isEqualTo(Finish.CANCELLED);
      assertThat(reply.message().content()).isEqualTo(text.toString());
      assertThat(reply.message().toolCalls()).isEmpty();
    }
  }

  /**
   * Lets a model wait between tokens for who reads them. A model that speaks on one thread and is
   * read on another may otherwise be done before the reader has seen a word.
   */
  private static final class Awaited extends Cancellation {
    private static final long MOST_MILLIS = 250;

    private final CountDownLatch cancelled = new CountDownLatch(1);

    @Override
    public void cancel() {
      super.cancel();
      cancelled.countDown();
    }

    @Override
    public boolean isRequested() {
      try {
        // Not for ever: before the first word nobody can have cancelled.
        cancelled.await(MOST_MILLIS, TimeUnit.MILLISECONDS);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
      return super.isRequested();
    }
  }

  @Test
  void sameRequestSameReply() {
    try (ChatModel model = model()) {
      String first =
          model.generate(request(32), text -> {}, new Cancellation()).message().content();
      String second =
          model.generate(request(32), text -> {}, new Cancellation()).message().content();
      assertThat(second).isEqualTo(first);
    }
  }

  @Test
  void manyMayAskAtOnce() throws Exception {
    try (ChatModel model = model();
        var executor = Executors.newVirtualThreadPerTaskExecutor()) {
      String alone =
          model.generate(request(16), text -> {}, new Cancellation()).message().content();
      List<Callable<String>> asks = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        asks.add(
            () -> model.generate(request(16), text -> {}, new Cancellation()).message().content());
      }
      for (var each : executor.invokeAll(asks)) {
        assertThat(each.get()).isEqualTo(alone);
      }
    }
  }

  @Test
  void longerPromptsCountMoreTokens() {
    try (ChatModel model = model()) {
      List<Message> longer = new ArrayList<>(HELLO);
      longer.add(Message.assistant("Some words."));
      longer.add(Message.user("More of them, please."));
      int few = model.countTokens(HELLO, List.of());
      assertThat(few).isPositive();
      assertThat(model.countTokens(longer, List.of())).isGreaterThan(few);
    }
  }

  @Test
  void aPromptLargerThanTheContextIsTheCallersMistake() {
    try (ChatModel model = model()) {
      List<Message> huge = List.of(Message.user("word ".repeat(model.contextTokens() * 2)));
      assertThatThrownBy(
              () ->
                  model.generate(
                      new ChatRequest(huge, List.of(), Sampling.greedy(4)),
                      text -> {},
                      new Cancellation()))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining(Integer.toString(model.contextTokens()));
    }
  }

  @Test
  void theWeightsAreNamed() {
    try (ChatModel model = model()) {
      assertThat(model.ref().id()).isNotBlank();
      assertThat(model.ref().sha256()).isNotBlank();
      ChatReply reply = model.generate(request(4), text -> {}, new Cancellation());
      assertThat(reply.model() == null ? model.ref() : reply.model()).isEqualTo(model.ref());
    }
  }
}
