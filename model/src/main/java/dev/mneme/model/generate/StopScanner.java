package dev.mneme.model.generate;

import java.util.List;

/**
 * Lets text through until a stop string, which may be spread over several tokens: what could still
 * become one waits. One reply, one thread.
 */
final class StopScanner {
  private final List<String> stops;
  private final StringBuilder waiting = new StringBuilder();
  private boolean stopped;

  StopScanner(List<String> stops) {
    this.stops = stops.stream().filter(s -> !s.isEmpty()).toList();
  }

  /** The text that can be shown now. */
  String append(String piece) {
    if (stops.isEmpty() || stopped) {
      return stopped ? "" : piece;
    }
    waiting.append(piece);
    int cut = -1;
    for (String stop : stops) {
      int at = waiting.indexOf(stop);
      if (at >= 0 && (cut < 0 || at < cut)) {
        cut = at;
      }
    }
    stopped = cut >= 0;
    return take(stopped ? cut : waiting.length() - possibleStart());
  }

  /** True once a stop string was met; nothing is let through any more. */
  boolean stopped() {
    return stopped;
  }

  /** What still waits when the reply ends without a stop string. */
  String finish() {
    return stopped ? "" : take(waiting.length());
  }

  private String take(int length) {
    String text = waiting.substring(0, length);
    waiting.delete(0, length);
    return text;
  }

  /** How many characters at the end are the beginning of a stop string. */
  private int possibleStart() {
    int longest = 0;
    for (String stop : stops) {
      for (int n = Math.min(stop.length() - 1, waiting.length()); n > longest; n--) {
        if (stop.startsWith(waiting.substring(waiting.length() - n))) {
          longest = n;
          break;
        }
      }
    }
    return longest;
  }
}
