package dev.mneme.model.text;

import static java.util.Objects.requireNonNull;

import java.util.function.Consumer;

/**
 * Passes on what a reply says while it streams and keeps back the calls in it: what stands between
 * call markers is for the tool box, which tells about it in its own words, and not for people.
 *
 * <p>Text that may be the beginning of a marker waits until it is known. {@link #end} passes on
 * what still waits. Of one reply and one thread.
 */
public final class SpokenText implements Consumer<String> {
  private final Consumer<String> out;
  private final StringBuilder waiting = new StringBuilder();
  private boolean inCall;

  public SpokenText(Consumer<String> out) {
    this.out = requireNonNull(out, "out is null");
  }

  @Override
  public void accept(String text) {
    waiting.append(text);
    while (true) {
      String marker = inCall ? BpeTrainer.TOOL_CALL_CLOSE : BpeTrainer.TOOL_CALL_OPEN;
      int at = waiting.indexOf(marker);
      if (at < 0) {
        take(waiting.length() - beginning(marker));
        return;
      }
      take(at);
      waiting.delete(0, marker.length());
      inCall = !inCall;
    }
  }

  /** The reply is complete: what looked like a marker was none. */
  public void end() {
    take(waiting.length());
  }

  private void take(int length) {
    if (!inCall && length > 0) {
      out.accept(waiting.substring(0, length));
    }
    waiting.delete(0, length);
  }

  /** How many characters at the end of what waits are the beginning of the marker. */
  private int beginning(String marker) {
    for (int length = Math.min(marker.length() - 1, waiting.length()); length > 0; length--) {
      if (marker.startsWith(waiting.substring(waiting.length() - length))) {
        return length;
      }
    }
    return 0;
  }
}
