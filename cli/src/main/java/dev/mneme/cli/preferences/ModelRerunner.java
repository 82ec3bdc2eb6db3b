package dev.mneme.cli.preferences;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.SystemPrompt;
import dev.mneme.preference.Rerunner;
import dev.mneme.preference.StatedPreference;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Answers again with the model that serves, as the agent would have: the wish stands in the system
 * message among the person's preferences. Greedy, so that the same model gives the same reply.
 *
 * <p>The model is opened when the first reply is wanted, which is seldom. Confined to one thread.
 */
public final class ModelRerunner implements Rerunner, AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(ModelRerunner.class);
  private static final int REPLY_TOKENS = 256;

  private final Supplier<ChatModel> models;
  private final Cancellation cancellation = new Cancellation();
  private @Nullable ChatModel model;
  private int left;

  /**
   * @param models opens the model; closing this closes what it gave
   * @param most how many replies at most; the rest stays open for the next time
   */
  public ModelRerunner(Supplier<ChatModel> models, int most) {
    this.models = models;
    this.left = most;
  }

  @Override
  public boolean ready() {
    return left > 0;
  }

  @Override
  public Optional<String> rerun(List<Message> prompt, StatedPreference wish) {
    if (left == 0) {
      return Optional.empty();
    }
    left--;
    var messages = new ArrayList<Message>();
    messages.add(
        Message.system(
            SystemPrompt.render(
                SystemPrompt.PERSONA,
                LocalDate.ofInstant(wish.from(), ZoneOffset.UTC),
                List.of(wish.instruction()),
                List.of())));
    prompt.stream().filter(each -> each.role() != Role.SYSTEM).forEach(messages::add);
    try {
      ChatReply reply =
          model()
              .generate(
                  new ChatRequest(messages, List.of(), Sampling.greedy(REPLY_TOKENS)),
                  _ -> {},
                  cancellation);
      String text = reply.message().content().strip();
      boolean whole = reply.finish() == ChatReply.Finish.STOP && !text.isEmpty();
      return whole ? Optional.of(text) : Optional.empty();
    } catch (ChatModelException | IllegalArgumentException e) {
      log.warn("a reply to wish {} could not be had: {}", wish.id(), e.getMessage());
      return Optional.empty();
    }
  }

  private ChatModel model() {
    if (model == null) {
      model = models.get();
    }
    return model;
  }

  @Override
  public void close() {
    if (model != null) {
      model.close();
      model = null;
    }
  }
}
