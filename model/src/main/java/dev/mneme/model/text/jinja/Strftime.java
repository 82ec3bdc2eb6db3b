package dev.mneme.model.text.jinja;

import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.Map;

/** Python's {@code strftime} directives, in English. */
final class Strftime {
  private static final Map<Character, String> PATTERNS =
      Map.ofEntries(
          Map.entry('a', "EEE"),
          Map.entry('A', "EEEE"),
          Map.entry('b', "MMM"),
          Map.entry('B', "MMMM"),
          Map.entry('d', "dd"),
          Map.entry('H', "HH"),
          Map.entry('I', "hh"),
          Map.entry('j', "DDD"),
          Map.entry('m', "MM"),
          Map.entry('M', "mm"),
          Map.entry('p', "a"),
          Map.entry('S', "ss"),
          Map.entry('y', "yy"),
          Map.entry('Y', "yyyy"),
          Map.entry('Z', "zzz"),
          Map.entry('z', "xx"),
          Map.entry('F', "yyyy-MM-dd"),
          Map.entry('T', "HH:mm:ss"));

  private Strftime() {}

  static String format(ZonedDateTime time, String format) {
    var out = new StringBuilder();
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        out.append(c);
        continue;
      }
      char directive = format.charAt(++i);
      // %-d is glibc's "without the leading zero".
      boolean bare = directive == '-' && i + 1 < format.length();
      if (bare) {
        directive = format.charAt(++i);
      }
      String pattern = PATTERNS.get(directive);
      if (pattern == null) {
        out.append(directive == '%' ? "%" : "%" + directive);
        continue;
      }
      String text = time.format(DateTimeFormatter.ofPattern(pattern, Locale.ENGLISH));
      out.append(bare && text.length() > 1 && text.startsWith("0") ? text.substring(1) : text);
    }
    return out.toString();
  }
}
