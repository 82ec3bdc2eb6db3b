package dev.mneme.dpo.train;

import dev.mneme.data.Message;
import dev.mneme.model.PackedBatch;
import java.util.List;

/** Turns a prompt and its reply into tokens as the model reads them in chat. */
public interface ReplyEncoder {
  /**
   * Tokens of the rendered conversation. Tokens of {@code reply}, its end token included, weigh 1;
   * everything before weighs 0.
   */
  PackedBatch.Segment encode(List<Message> prompt, List<Message> reply);
}
