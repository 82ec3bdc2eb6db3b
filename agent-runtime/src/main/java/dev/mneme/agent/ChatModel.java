package dev.mneme.agent;

import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.ToolSpec;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.function.Consumer;

/**
 * The port behind which every language model stands: our own checkpoints, an OpenAI-compatible
 * endpoint, a script.
 *
 * <p>Thread-safe: callers ask from many threads at once, and an implementation that can batch does
 * so inside.
 */
public interface ChatModel extends AutoCloseable {
  /** The weights that answer now; may change between calls when a checkpoint is promoted. */
  ModelRef ref();

  /** How many tokens prompt and reply may have together. */
  int contextTokens();

  /** Tokens of the rendered prompt; an estimate where the model's tokenizer is not at hand. */
  int countTokens(List<Message> messages, List<ToolSpec> tools);

  /**
   * Generates one reply.
   *
   * @param onText receives the reply's text in pieces, in order, on the calling thread or one that
   *     happens-before the return; pieces never split a character
   * @param cancellation stops generation between tokens; what came is kept
   * @throws ChatModelException when the model or its endpoint fails
   * @throws IllegalArgumentException when the prompt does not fit the context
   */
  ChatReply generate(ChatRequest request, Consumer<String> onText, Cancellation cancellation);

  /**
   * Reads the beginning of prompts to come, so that a reply to one that begins alike starts sooner.
   * Changes no reply. Does nothing where reading ahead is not possible or would cost money.
   */
  default void readAhead(List<Message> messages, List<ToolSpec> tools) {}

  /**
   * How likely a reply is.
   *
   * @param logProb sum of the log-probabilities of its tokens, in nats, its end included
   * @param tokens how many those are
   */
  record Likelihood(double logProb, int tokens) {}

  /**
   * How likely {@code continuation} is as the assistant's reply to {@code messages} when the tools
   * are offered; empty where the model does not tell.
   *
   * @throws IllegalArgumentException when both do not fit the context
   */
  default Optional<Likelihood> likelihood(
      List<Message> messages, List<ToolSpec> tools, String continuation) {
    return Optional.empty();
  }

  /** The log-probability of {@link #likelihood} without tools. */
  default OptionalDouble logLikelihood(List<Message> messages, String continuation) {
    return likelihood(messages, List.of(), continuation).stream()
        .mapToDouble(Likelihood::logProb)
        .findFirst();
  }

  @Override
  void close();
}
