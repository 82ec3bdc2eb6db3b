package dev.mneme.dpo.train;

import dev.mneme.data.Message;
import dev.mneme.data.TrainingExample;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.text.ChatTemplate;
import java.util.ArrayList;
import java.util.List;

/**
 * Renders with the checkpoint's own chat template, exactly as chat does: a template that differs
 * between training and chat is the commonest way to train for nothing. As thread-safe as the
 * template.
 */
public final class ChatReplyEncoder implements ReplyEncoder {
  private final ChatTemplate template;

  public ChatReplyEncoder(ChatTemplate template) {
    this.template = template;
  }

  @Override
  public PackedBatch.Segment encode(List<Message> prompt, List<Message> reply) {
    int[] promptIds = template.prompt(prompt, List.of()).ids();
    List<Message> all = new ArrayList<>(prompt);
    all.addAll(reply);
    ChatTemplate.Labelled labelled =
        template.label(new TrainingExample("preference", all, List.of(), false));
    int[] ids = labelled.ids();
    float[] weights = new float[ids.length];
    for (int i = promptIds.length; i < ids.length; i++) {
      // Earlier replies within the prompt are context, not what is judged.
      weights[i] = labelled.loss()[i] ? 1 : 0;
    }
    return PackedBatch.Segment.of(ids, weights);
  }

  /** Tokens of a rendered conversation. */
  public int count(List<Message> messages) {
    return template.prompt(messages, List.of()).ids().length;
  }
}
