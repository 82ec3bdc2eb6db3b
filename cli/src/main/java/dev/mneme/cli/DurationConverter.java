package dev.mneme.cli;

import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Times as people write them: {@code 90s}, {@code 90m}, {@code 1h30m}, {@code 2d}. */
final class DurationConverter implements ITypeConverter<Duration> {
  @Override
  public Duration convert(String text) {
    String upper = text.strip().toUpperCase(Locale.ROOT);
    int days = upper.indexOf('D');
    String iso =
        days < 0
            ? "PT" + upper
            : "P"
                + upper.substring(0, days + 1)
                + (days + 1 < upper.length() ? "T" + upper.substring(days + 1) : "");
    try {
      return Duration.parse(iso);
    } catch (DateTimeParseException e) {
      throw new TypeConversionException("'" + text + "' is no time; write 90s, 90m, 1h30m or 2d");
    }
  }
}
