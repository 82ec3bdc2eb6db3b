package dev.mneme.data.curriculum;

import java.util.Locale;

/** How people really type: no capitals, no question mark, a slip of the finger. */
final class Noise {
  private Noise() {}

  /** Case and punctuation only: names and numbers stay readable. */
  static String light(String text, Frame frame) {
    return switch (frame.below(12)) {
      case 0 -> text.toLowerCase(Locale.ROOT);
      case 1 -> dropEnd(text);
      case 2 -> dropEnd(text.toLowerCase(Locale.ROOT));
      case 3 -> text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
      default -> text;
    };
  }

  /** As {@link #light}, and now and then a typing error in one ordinary word. */
  static String heavy(String text, Frame frame) {
    String noisy = light(text, frame);
    return frame.below(14) == 0 ? slip(noisy, frame) : noisy;
  }

  private static String dropEnd(String text) {
    return text.endsWith("?") || text.endsWith(".") || text.endsWith("!")
        ? text.substring(0, text.length() - 1)
        : text;
  }

  /** Swaps, drops or doubles a letter inside one lower-case word of five letters or more. */
  private static String slip(String text, Frame frame) {
    int from = frame.below(Math.max(1, text.length()));
    for (int i = from; i + 5 < text.length(); i++) {
      boolean inWord = true;
      for (int k = i; k < i + 5; k++) {
        char c = text.charAt(k);
        inWord &= c >= 'a' && c <= 'z';
      }
      if (inWord) {
        int at = i + 1 + frame.below(3);
        return switch (frame.below(3)) {
          case 0 ->
              text.substring(0, at)
                  + text.charAt(at + 1)
                  + text.charAt(at)
                  + text.substring(at + 2);
          case 1 -> text.substring(0, at) + text.substring(at + 1);
          default -> text.substring(0, at) + text.charAt(at) + text.substring(at);
        };
      }
    }
    return text;
  }
}
