package dev.mneme.cli.models;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelContract;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Sampling;
import dev.mneme.data.StarterCheckpoint;
import dev.mneme.model.LanguageModel;
import dev.mneme.model.serve.Precision;
import dev.mneme.model.serve.Prefill;
import java.io.IOException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The bundled starter keeps the port's contract. */
final class LocalChatModelTest extends ChatModelContract {
  @TempDir static Path folder;

  @BeforeAll
  static void unpack() throws IOException {
    assumeTrue(StarterCheckpoint.isPresent(), "this build carries no starter checkpoint");
    StarterCheckpoint.copyTo(folder);
  }

  @Override
  @SuppressWarnings("MustBeClosedChecker") // every test closes what it is given
  protected ChatModel model() {
    return new LocalChatModel(
        LanguageModel.open(
            folder,
            new LanguageModel.Options(
                Precision.BF16, Prefill.INVARIANT, 2, 16, 4096, InstantSource.system())),
        new ModelRef("starter", "test"));
  }

  /** A greeting is answered in a word, before anybody could cancel. */
  @Override
  protected List<Message> prompt() {
    return List.of(Message.user("Tell me something about the sea."));
  }

  @Test
  void readingAheadSavesTheCommonBeginningAndChangesNoReply() {
    var request =
        new ChatRequest(
            List.of(
                Message.system("You are Mneme, a helpful assistant with a long-term memory."),
                Message.user("What is the capital of France?")),
            List.of(),
            Sampling.greedy(12));
    try (ChatModel cold = model();
        ChatModel warm = model()) {
      warm.readAhead(List.of(request.messages().getFirst(), Message.user("Hello.")), List.of());
      ChatReply first = cold.generate(request, text -> {}, new Cancellation());
      ChatReply second = warm.generate(request, text -> {}, new Cancellation());
      assertThat(second.latency().cachedTokens()).isGreaterThan(first.latency().cachedTokens());
      assertThat(second.message()).isEqualTo(first.message());
    }
  }

  @Test
  void readingAheadOfWhatDoesNotFitDoesNothing() {
    try (ChatModel model = model()) {
      model.readAhead(List.of(Message.user("word ".repeat(model.contextTokens()))), List.of());
      assertThat(model.ref().id()).isEqualTo("starter");
    }
  }
}
