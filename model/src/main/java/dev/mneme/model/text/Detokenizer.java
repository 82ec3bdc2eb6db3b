package dev.mneme.model.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;

/**
 * Turns the ids of one reply into text as they are generated.
 *
 * <p>A token may end in the middle of a UTF-8 character (an emoji is often two or three tokens), so
 * bytes wait here until their character is whole. Bytes that can never become a character come out
 * as U+FFFD, one for each maximal bad sequence, as {@code new String(bytes, UTF_8)} does.
 *
 * <p>One reply, one thread.
 */
public final class Detokenizer {
  private final Tokenizer tokenizer;
  private final boolean keepSpecial;
  private byte[] pending = new byte[64];
  private int length;
  private boolean atStart = true;

  Detokenizer(Tokenizer tokenizer, boolean keepSpecial) {
    this.tokenizer = tokenizer;
    this.keepSpecial = keepSpecial;
  }

  /** The characters that became whole with this token; often empty, never a split character. */
  public String append(int id) {
    if (tokenizer.isSpecial(id) && !keepSpecial) {
      return "";
    }
    byte[] bytes = tokenizer.bytes(id);
    int from = 0;
    if (atStart && bytes.length > 0) {
      from = tokenizer.stripsFirstSpace() && bytes[0] == ' ' ? 1 : 0;
      atStart = false;
    }
    int added = bytes.length - from;
    if (length + added > pending.length) {
      pending = Arrays.copyOf(pending, Math.max(length + added, 2 * pending.length));
    }
    System.arraycopy(bytes, from, pending, length, added);
    length += added;
    return take(length - unfinished());
  }

  /** What is left when the reply is over; an unfinished character comes out as U+FFFD. */
  public String finish() {
    return take(length);
  }

  private String take(int count) {
    if (count == 0) {
      return "";
    }
    String text = new String(pending, 0, count, UTF_8);
    System.arraycopy(pending, count, pending, 0, length - count);
    length -= count;
    return text;
  }

  /** How many bytes at the end begin a character that may still be completed. */
  private int unfinished() {
    for (int back = 1; back <= Math.min(3, length); back++) {
      int b = pending[length - back] & 0xFF;
      if (b < 0x80) {
        return 0;
      }
      if (b >= 0xC0) {
        int needs = b >= 0xF5 ? 0 : b >= 0xF0 ? 4 : b >= 0xE0 ? 3 : b >= 0xC2 ? 2 : 0;
        return needs > back ? back : 0;
      }
    }
    return 0;
  }
}
