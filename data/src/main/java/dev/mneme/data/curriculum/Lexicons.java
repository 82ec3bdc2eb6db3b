package dev.mneme.data.curriculum;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.StringJoiner;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * Lexicons by name: files in {@code lexicon/}, one entry a line, and values made up by rule.
 *
 * <p>A file may start with directives. {@code made-up: 40} lets four draws in ten be an invented
 * name instead, so that a model must copy what it reads rather than know it. {@code closed: yes}
 * marks a class of words that is complete (weekdays, units): nothing of it is held out.
 */
final class Lexicons {
  private final Map<String, Lexicon> byName = new ConcurrentHashMap<>();
  private final List<String> files = Texts.lines("lexicon/index.txt");

  Lexicons() {
    byName.put("coinage", made(Coinage::name));
    byName.put("code", made(Coinage::code));
    byName.put("digits", made(Coinage::digits));
    byName.put("time", made(Coinage::time));
    byName.put("date", made(Coinage::date));
    byName.put("day_date", made(Coinage::dayAndMonth));
    byName.put("year", made(r -> Integer.toString(r.nextInt(1900, 2026))));
    byName.put("age", made(r -> Integer.toString(r.nextInt(3, 95))));
    byName.put("few", made(Coinage::few));
    byName.put("amount", made(Coinage::amount));
    byName.put("price", made(Coinage::price));
    byName.put("phone", made(Coinage::phone));
    byName.put("email", made(Coinage::email));
    byName.put("words", made(this::words));
    byName.put("person", new Person());
  }

  /** One to seven words that have nothing to do with each other; now and then a number. */
  private String words(SplittableRandom random) {
    var out = new StringJoiner(" ");
    for (int i = 1 + random.nextInt(7); i > 0; i--) {
      String word = anyWord(random);
      out.add(
          switch (random.nextInt(8)) {
            case 0 -> Phrase.capital(word);
            case 1 -> Coinage.amount(random);
            default -> word;
          });
    }
    return out.toString();
  }

  /** A word out of any lexicon, or one that does not exist. */
  private String anyWord(SplittableRandom random) {
    if (random.nextInt(10) < 4) {
      return Coinage.word(random);
    }
    String[] words =
        get(files.get(random.nextInt(files.size()))).draw(random, false).split("[ '-]");
    return words[random.nextInt(words.length)].toLowerCase(Locale.ROOT);
  }

  /** The lexicon of a slot, or null; {@code city2} is drawn from {@code city}. */
  @Nullable Lexicon find(String slot) {
    int end = slot.length();
    while (end > 1 && Character.isDigit(slot.charAt(end - 1))) {
      end--;
    }
    String name = slot.substring(0, end);
    Lexicon known = byName.get(name);
    if (known != null) {
      return known;
    }
    String file = "lexicon/" + name + ".txt";
    if (!Texts.exists(file)) {
      return null;
    }
    return byName.computeIfAbsent(name, _ -> new Words(file));
  }

  /** The lexicon of a slot that must exist. */
  Lexicon get(String slot) {
    Lexicon found = find(slot);
    if (found == null) {
      throw new IllegalArgumentException(
          "no lexicon for the slot {" + slot + "}: add lexicon/" + slot + ".txt or bind it");
    }
    return found;
  }

  /** Written entries by lexicon file. */
  Map<String, Integer> sizes() {
    files.forEach(this::get);
    var sizes = new TreeMap<String, Integer>();
    byName.forEach(
        (name, lexicon) -> {
          if (lexicon.size() > 0) {
            sizes.put(name, lexicon.size());
          }
        });
    return sizes;
  }

  private interface Maker {
    String make(SplittableRandom random);
  }

  /** Values by rule, with the same split by hash. */
  private static Lexicon made(Maker maker) {
    return new Lexicon() {
      @Override
      public String draw(SplittableRandom random, boolean heldOut) {
        String value = maker.make(random);
        // Small ranges (ages) may have few held-out values: a bounded search, then any value.
        for (int i = 0; i < 60 && Split.heldOut(value) != heldOut; i++) {
          value = maker.make(random);
        }
        return value;
      }

      @Override
      public int size() {
        return 0;
      }
    };
  }

  /** First and last name. */
  private final class Person implements Lexicon {
    @Override
    public String draw(SplittableRandom random, boolean heldOut) {
      return get("name").draw(random, heldOut) + " " + get("surname").draw(random, heldOut);
    }

    @Override
    public String drawUnknown(SplittableRandom random) {
      return get("name").drawUnknown(random) + " " + get("surname").drawUnknown(random);
    }

    @Override
    public int size() {
      return 0;
    }
  }

  /** The entries of a file. */
  private final class Words implements Lexicon {
    /** Words that stay as they are when an entry's others are exchanged. */
    private static final Set<String> SMALL =
        Set.of(
            "a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "the", "to", "under",
            "with");

    private final Pool<String> words;
    private final int madeUpPercent;
    private final boolean closed;

    Words(String file) {
      int madeUp = 0;
      boolean complete = false;
      var entries = new ArrayList<String>();
      for (String each : Texts.lines(file)) {
        if (each.startsWith("made-up: ")) {
          madeUp = Integer.parseInt(each.substring("made-up: ".length()));
        } else if (each.equals("closed: yes")) {
          complete = true;
        } else {
          entries.add(each);
        }
      }
      List<String> distinct = entries.stream().distinct().toList();
      if (distinct.size() != entries.size()) {
        entries.removeAll(distinct);
        throw new IllegalArgumentException(file + ": an entry stands twice");
      }
      Pool<String> pool = complete ? Pool.shared(distinct) : Pool.split(distinct, w -> w);
      if (!pool.has(false)) {
        throw new IllegalArgumentException(file + ": no entry to train on");
      }
      this.words = pool;
      this.madeUpPercent = madeUp;
      this.closed = complete;
    }

    /**
     * An entry with every word of weight exchanged: Letters from the Hill, Boxing from the Plum.
     */
    @Override
    public String drawUnknown(SplittableRandom random) {
      String entry = draw(random, false);
      if (closed) {
        return entry;
      }
      var out = new StringJoiner(" ");
      for (String word : entry.split(" ")) {
        if (SMALL.contains(word.toLowerCase(Locale.ROOT))) {
          out.add(word);
          continue;
        }
        String other = anyWord(random);
        out.add(Character.isUpperCase(word.charAt(0)) ? Phrase.capital(other) : other);
      }
      return out.toString();
    }

    @Override
    public String draw(SplittableRandom random, boolean heldOut) {
      if (random.nextInt(100) < madeUpPercent
          || (heldOut && madeUpPercent > 0 && !words.has(true))) {
        for (int i = 0; i < 60; i++) {
          String name = Coinage.name(random);
          if (Split.heldOut(name.toLowerCase(Locale.ROOT)) == heldOut) {
            return name;
          }
        }
      }
      List<String> side = words.has(heldOut) ? words.side(heldOut) : words.all();
      return side.get(random.nextInt(side.size()));
    }

    @Override
    public int size() {
      return words.size();
    }
  }
}
