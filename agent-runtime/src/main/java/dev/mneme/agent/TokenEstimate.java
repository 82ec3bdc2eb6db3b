package dev.mneme.agent;

import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import java.util.List;

/**
 * Tokens of a prompt where the model's tokenizer is not at hand: one per four UTF-8 bytes of a
 * word, one per mark, four per message for its markers. Meant to be a little too high for English,
 * so that what is estimated to fit does fit.
 */
public final class TokenEstimate {
  private TokenEstimate() {}

  /** Of a whole prompt. */
  public static int of(List<Message> messages, List<ToolSpec> tools) {
    int tokens = 0;
    for (Message each : messages) {
      tokens += 4 + of(each.content());
      for (ToolCall call : each.toolCalls()) {
        tokens += 4 + of(call.name()) + of(Json.mapper().writeValueAsString(call.arguments()));
      }
    }
    for (ToolSpec each : tools) {
      tokens += 4 + of(each.name()) + of(each.description());
      tokens += of(Json.mapper().writeValueAsString(each.inputSchema()));
    }
    return tokens;
  }

  /** Of a text. */
  public static int of(String text) {
    int tokens = 0;
    int wordBytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isLetterOrDigit(c) || Character.isSurrogate(c)) {
        wordBytes += c < 0x80 ? 1 : c < 0x800 ? 2 : 3;
      } else {
        tokens += (wordBytes + 3) / 4 + (Character.isWhitespace(c) ? 0 : 1);
        wordBytes = 0;
      }
    }
    return tokens + (wordBytes + 3) / 4;
  }
}
