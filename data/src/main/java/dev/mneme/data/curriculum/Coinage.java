package dev.mneme.data.curriculum;

import java.time.LocalDate;
import java.time.format.DateTimeFormatter;
import java.util.Locale;
import java.util.SplittableRandom;

/** Values that nobody has seen before: names and words of syllables, codes, numbers, dates. */
final class Coinage {
  private static final String[] ONSETS = {
    "b", "d", "f", "g", "h", "j", "k", "l", "m", "n", "p", "r", "s", "t", "v", "w", "z", "br", "dr",
    "gr", "kr", "tr", "pl", "sh", "st", "th", "ch", "fl", "", "", "qu", "y"
  };
  private static final String[] VOWELS = {
    "a", "e", "i", "o", "u", "a", "e", "i", "o", "ai", "ea", "io", "ou", "y"
  };
  private static final String[] CODAS = {
    "", "", "", "", "n", "r", "l", "s", "m", "k", "x", "nd", "rt", "th", "sk", "ra", "lo", "ti"
  };
  private static final String[] ENDINGS = {
    "", "", "", "er", "ing", "ness", "ment", "ly", "wood", "stone", "berry", "ette", "ine", "ock",
    "age", "ump", "ight", "ow", "ball", "ism", "ography", "tion", "al", "et", "ish", "ful"
  };
  private static final String CONSONANT_LETTERS = "BCDFGHJKLMNPQRSTVWXZ";
  private static final DateTimeFormatter LONG_DATE =
      DateTimeFormatter.ofPattern("d MMMM yyyy", Locale.ENGLISH);
  private static final DateTimeFormatter DAY_MONTH =
      DateTimeFormatter.ofPattern("d MMMM", Locale.ENGLISH);
  private static final DateTimeFormatter MONTH_DAY =
      DateTimeFormatter.ofPattern("MMMM d", Locale.ENGLISH);

  private Coinage() {}

  private static String pick(SplittableRandom random, String[] from) {
    return from[random.nextInt(from.length)];
  }

  /** Two or three syllables with a capital: Trelvo, Quimas. */
  static String name(SplittableRandom random) {
    var out = new StringBuilder();
    int syllables = random.nextInt(10) < 7 ? 2 : 3;
    for (int i = 0; i < syllables; i++) {
      out.append(pick(random, ONSETS)).append(pick(random, VOWELS));
      if (i == syllables - 1 || random.nextInt(3) == 0) {
        out.append(pick(random, CODAS));
      }
    }
    return Phrase.capital(out.toString());
  }

  /** A word of everyday shape without a meaning: grumpock, velsing, thaiberry. */
  static String word(SplittableRandom random) {
    var out = new StringBuilder();
    int syllables = random.nextInt(10) < 6 ? 1 : 2;
    for (int i = 0; i < syllables; i++) {
      out.append(pick(random, ONSETS)).append(pick(random, VOWELS)).append(pick(random, CODAS));
    }
    return out.append(pick(random, ENDINGS)).toString();
  }

  /** A locker or booking code: KX-482, 7391, QRT15. */
  static String code(SplittableRandom random) {
    return switch (random.nextInt(3)) {
      case 0 -> letters(random, 2) + "-" + random.nextInt(100, 1000);
      case 1 -> Integer.toString(random.nextInt(1000, 10000));
      default -> letters(random, 3) + random.nextInt(10, 100);
    };
  }

  private static String letters(SplittableRandom random, int n) {
    var out = new StringBuilder();
    for (int i = 0; i < n; i++) {
      out.append(CONSONANT_LETTERS.charAt(random.nextInt(CONSONANT_LETTERS.length())));
    }
    return out.toString();
  }

  /** How many of something a person has. */
  static String few(SplittableRandom random) {
    return Integer.toString(
        random.nextInt(10) < 8 ? random.nextInt(2, 13) : random.nextInt(13, 100));
  }

  static String digits(SplittableRandom random) {
    return Integer.toString(random.nextInt(1000, 10000));
  }

  static String time(SplittableRandom random) {
    int minutes = random.nextInt(12) * 5;
    if (random.nextBoolean()) {
      return String.format(Locale.ROOT, "%d:%02d", random.nextInt(7, 22), minutes);
    }
    int hour = random.nextInt(1, 13);
    String half = random.nextBoolean() ? " am" : " pm";
    return minutes == 0 ? hour + half : hour + ":" + (minutes < 10 ? "0" : "") + minutes + half;
  }

  static String date(SplittableRandom random) {
    LocalDate day = LocalDate.ofEpochDay(random.nextLong(18_000, 22_000));
    return random.nextInt(3) == 0 ? day.toString() : day.format(LONG_DATE);
  }

  static String dayAndMonth(SplittableRandom random) {
    LocalDate day = LocalDate.ofEpochDay(random.nextLong(18_000, 22_000));
    return day.format(random.nextBoolean() ? DAY_MONTH : MONTH_DAY);
  }

  static String amount(SplittableRandom random) {
    return Integer.toString(
        switch (random.nextInt(3)) {
          case 0 -> random.nextInt(2, 100);
          case 1 -> random.nextInt(10, 100) * 10;
          default -> random.nextInt(2, 100) * 50;
        });
  }

  static String price(SplittableRandom random) {
    String currency = pick(random, new String[] {"$", "€", "£", "$"});
    return random.nextBoolean()
        ? currency + random.nextInt(2, 900)
        : currency + random.nextInt(1, 99) + "." + (random.nextInt(10, 100));
  }

  static String phone(SplittableRandom random) {
    return "555-" + String.format(Locale.ROOT, "%04d", random.nextInt(10_000));
  }

  static String email(SplittableRandom random) {
    return name(random).toLowerCase(Locale.ROOT)
        + "@"
        + name(random).toLowerCase(Locale.ROOT)
        + pick(random, new String[] {".com", ".org", ".net", ".example"});
  }
}
