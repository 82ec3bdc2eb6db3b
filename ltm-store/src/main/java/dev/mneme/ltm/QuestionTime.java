package dev.mneme.ltm;

import java.time.DateTimeException;
import java.time.DayOfWeek;
import java.time.Instant;
import java.time.LocalDate;
import java.time.Month;
import java.time.ZoneOffset;
import java.time.format.TextStyle;
import java.time.temporal.TemporalAdjusters;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Reads the time an English question speaks of: "on 7 May 2023", "in May", "last week", "three days
 * ago", "yesterday". Days are UTC days. A month or weekday without a year is the latest one that
 * has begun.
 */
final class QuestionTime {
  private static final Map<String, Month> MONTHS =
      Stream.of(Month.values())
          .collect(
              Collectors.toMap(
                  m -> m.getDisplayName(TextStyle.FULL, Locale.ENGLISH).toLowerCase(Locale.ROOT),
                  m -> m));

  private static final Map<String, Integer> COUNTS =
      Map.ofEntries(
          Map.entry("a", 1),
          Map.entry("an", 1),
          Map.entry("one", 1),
          Map.entry("two", 2),
          Map.entry("three", 3),
          Map.entry("four", 4),
          Map.entry("five", 5),
          Map.entry("six", 6),
          Map.entry("seven", 7),
          Map.entry("eight", 8),
          Map.entry("nine", 9),
          Map.entry("ten", 10));

  private static final String MONTH = "(" + String.join("|", MONTHS.keySet()) + ")";
  private static final Pattern ISO = Pattern.compile("\\b(\\d{4})-(\\d{2})-(\\d{2})\\b");
  private static final Pattern DAY_MONTH =
      Pattern.compile("\\b(\\d{1,2})(?:st|nd|rd|th)? (?:of )?" + MONTH + "(?:,? (\\d{4}))?\\b");
  private static final Pattern MONTH_DAY =
      Pattern.compile("\\b" + MONTH + " (\\d{1,2})(?:st|nd|rd|th)?(?:,? (\\d{4}))?\\b");
  private static final Pattern MONTH_YEAR =
      Pattern.compile("\\b(?:(?:in|during|of|last|since) )?" + MONTH + ",? (\\d{4})\\b");
  private static final Pattern IN_MONTH =
      Pattern.compile("\\b(?:in|during|last|this|of|early|late) " + MONTH + "\\b");
  private static final Pattern IN_YEAR = Pattern.compile("\\b(?:in|during|of|since) (\\d{4})\\b");
  private static final Pattern AGO =
      Pattern.compile(
          "\\b(\\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten)"
              + " (day|week|month|year)s? ago\\b");
  private static final Pattern RELATIVE =
      Pattern.compile("\\b(last|this|past) (week|weekend|month|year)\\b");
  private static final Pattern WEEKDAY =
      Pattern.compile(
          "\\b(?:on|last|this) (monday|tuesday|wednesday|thursday|friday|saturday|sunday)\\b");
  private static final Pattern NEAR = Pattern.compile("\\b(yesterday|today|tonight)\\b");

  private QuestionTime() {}

  /** The time meant, or null when the question names none. */
  static @Nullable TimeSpan of(String question, Instant now) {
    String text = question.toLowerCase(Locale.ROOT);
    LocalDate today = now.atZone(ZoneOffset.UTC).toLocalDate();
    try {
      return read(text, today);
    } catch (DateTimeException e) {
      // "31 February" names no time.
      return null;
    }
  }

  private static @Nullable TimeSpan read(String text, LocalDate today) {
    Matcher m = ISO.matcher(text);
    if (m.find()) {
      return day(
          LocalDate.of(
              Integer.parseInt(m.group(1)),
              Integer.parseInt(m.group(2)),
              Integer.parseInt(m.group(3))));
    }
    m = DAY_MONTH.matcher(text);
    if (m.find()) {
      return day(date(today, m.group(3), m.group(2), m.group(1)));
    }
    m = MONTH_DAY.matcher(text);
    if (m.find()) {
      return day(date(today, m.group(3), m.group(1), m.group(2)));
    }
    m = MONTH_YEAR.matcher(text);
    if (m.find()) {
      return month(LocalDate.of(Integer.parseInt(m.group(2)), month(m.group(1)), 1));
    }
    m = IN_MONTH.matcher(text);
    if (m.find()) {
      return month(date(today, null, m.group(1), "1"));
    }
    m = AGO.matcher(text);
    if (m.find()) {
      int count = count(m.group(1));
      return switch (m.group(2)) {
        case "day" -> day(today.minusDays(count));
        case "week" -> week(today.minusWeeks(count));
        case "month" -> month(today.minusMonths(count).withDayOfMonth(1));
        default -> year(today.getYear() - count);
      };
    }
    m = RELATIVE.matcher(text);
    if (m.find()) {
      int back = m.group(1).equals("this") ? 0 : 1;
      return switch (m.group(2)) {
        case "week" -> week(today.minusWeeks(back));
        case "weekend" -> {
          LocalDate saturday = today.with(TemporalAdjusters.previousOrSame(DayOfWeek.SATURDAY));
          yield span(saturday, saturday.plusDays(2));
        }
        case "month" -> month(today.minusMonths(back).withDayOfMonth(1));
        default -> year(today.getYear() - back);
      };
    }
    m = WEEKDAY.matcher(text);
    if (m.find()) {
      return day(
          today.with(
              TemporalAdjusters.previous(DayOfWeek.valueOf(m.group(1).toUpperCase(Locale.ROOT)))));
    }
    m = NEAR.matcher(text);
    if (m.find()) {
      return day(m.group(1).equals("yesterday") ? today.minusDays(1) : today);
    }
    m = IN_YEAR.matcher(text);
    if (m.find()) {
      int year = Integer.parseInt(m.group(1));
      return year >= 1900 && year <= 2200 ? year(year) : null;
    }
    return null;
  }

  private static LocalDate date(LocalDate today, @Nullable String year, String month, String day) {
    Month named = month(month);
    int dayOfMonth = Integer.parseInt(day);
    if (year != null) {
      return LocalDate.of(Integer.parseInt(year), named, dayOfMonth);
    }
    LocalDate thisYear = LocalDate.of(today.getYear(), named, dayOfMonth);
    return thisYear.isAfter(today)
        ? LocalDate.of(today.getYear() - 1, named, dayOfMonth)
        : thisYear;
  }

  private static Month month(String name) {
    Month month = MONTHS.get(name);
    if (month == null) {
      throw new DateTimeException(name + " is no month");
    }
    return month;
  }

  private static int count(String word) {
    Integer known = COUNTS.get(word);
    return known != null ? known : Integer.parseInt(word);
  }

  private static TimeSpan day(LocalDate day) {
    return span(day, day.plusDays(1));
  }

  private static TimeSpan week(LocalDate within) {
    LocalDate monday = within.with(TemporalAdjusters.previousOrSame(DayOfWeek.MONDAY));
    return span(monday, monday.plusWeeks(1));
  }

  private static TimeSpan month(LocalDate first) {
    return span(first, first.plusMonths(1));
  }

  private static TimeSpan year(int year) {
    return span(LocalDate.of(year, 1, 1), LocalDate.of(year + 1, 1, 1));
  }

  private static TimeSpan span(LocalDate from, LocalDate to) {
    return new TimeSpan(
        from.atStartOfDay(ZoneOffset.UTC).toInstant(), to.atStartOfDay(ZoneOffset.UTC).toInstant());
  }
}
