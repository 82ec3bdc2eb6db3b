package dev.mneme.cli.made;

import dev.mneme.data.Check;
import dev.mneme.data.Expectation;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.SystemPrompt;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.regex.Pattern;

/** A manner somebody likes, with exchanges that show it and a program that recognises it. */
public enum MadePreference {
  /** The bare answer rather than a sentence. */
  SHORTER {
    @Override
    List<Exchange> exchanges(Curriculum curriculum, long seed, int n, boolean heldOut) {
      return facts(curriculum, seed, n, heldOut).stream()
          .map(f -> new Exchange(f.prompt(), f.terse(), f.full()))
          .toList();
    }

    @Override
    public boolean complies(String reply) {
      return words(reply) >= 1 && words(reply) <= SHORT;
    }
  },

  /** A whole sentence rather than the bare answer: the opposite of {@link #SHORTER}. */
  LONGER {
    @Override
    List<Exchange> exchanges(Curriculum curriculum, long seed, int n, boolean heldOut) {
      return facts(curriculum, seed, n, heldOut).stream()
          .map(f -> new Exchange(f.prompt(), f.full(), f.terse()))
          .toList();
    }

    @Override
    public boolean complies(String reply) {
      return words(reply) > SHORT;
    }
  },

  /** Words of courtesy around the answer. */
  FORMAL {
    @Override
    List<Exchange> exchanges(Curriculum curriculum, long seed, int n, boolean heldOut) {
      List<Exchange> exchanges = new ArrayList<>();
      var random = new SplittableRandom(Hashes.subSeed(seed, "formal"));
      for (Fact f : facts(curriculum, seed, n, heldOut)) {
        String courtesy = COURTESIES.get(random.nextInt(COURTESIES.size()));
        exchanges.add(new Exchange(f.prompt(), courtesy.replace("{reply}", f.full()), f.full()));
      }
      return exchanges;
    }

    @Override
    public boolean complies(String reply) {
      String low = reply.toLowerCase(Locale.ROOT);
      return FORMAL_MARKS.stream().anyMatch(low::contains);
    }
  },

  /** Kilometres and kilograms rather than miles and pounds. */
  METRIC {
    @Override
    List<Exchange> exchanges(Curriculum curriculum, long seed, int n, boolean heldOut) {
      return measures(seed, n, heldOut);
    }

    @Override
    public boolean complies(String reply) {
      String low = reply.toLowerCase(Locale.ROOT);
      return METRIC_UNIT.matcher(low).find() && !IMPERIAL_UNIT.matcher(low).find();
    }
  };

  /** The longest reply that counts as short, in words; the shortest sentences here have five. */
  private static final int SHORT = 4;

  private static final List<String> COURTESIES =
      List.of(
          "Certainly. {reply}",
          "With pleasure. {reply}",
          "Thank you for your question. {reply}",
          "{reply} I hope this is of assistance.",
          "{reply} Please let me know if I may assist you further.");

  private static final List<String> FORMAL_MARKS =
      List.of(
          "certainly",
          "with pleasure",
          "thank you for your question",
          "of assistance",
          "may assist you");

  private static final Pattern METRIC_UNIT =
      Pattern.compile(
          "\\b(km|kilomet(re|er)s?|cm|centimet(re|er)s?|mm|millimet(re|er)s?|met(re|er)s?|kg|kilos?"
              + "|kilograms?|grams?|tonnes?|lit(re|er)s?|ml|millilit(re|er)s?|celsius)\\b"
              + "|\\d ?[mgl]\\b|°c");

  private static final Pattern IMPERIAL_UNIT =
      Pattern.compile(
          "\\b(miles?|yards?|feet|foot|ft|inch(es)?|pounds?|lbs?|ounces?|oz|gallons?|pints?|quarts?"
              + "|fahrenheit)\\b|°f");

  private static final Pattern MANNERED =
      Pattern.compile(
          "^(sure|happy to help|oh,|easy one|hey|certainly|of course|with pleasure|thank you)"
              + "|anything else\\?$|hope that helps!$|of assistance\\.$|assist you further\\.$",
          Pattern.CASE_INSENSITIVE);

  /**
   * A prompt with a reply in the manner and one without.
   *
   * @param prompt system message and request
   */
  record Exchange(List<Message> prompt, String liked, String disliked) {
    Exchange {
      prompt = List.copyOf(prompt);
    }
  }

  /** A question of the curriculum with its bare answer and a whole sentence. */
  private record Fact(List<Message> prompt, String terse, String full) {}

  /**
   * Exchanges that show the manner, no two with the same prompt.
   *
   * @param heldOut from wording that the other side never has
   * @return at most {@code n}, fewer where there are no more
   */
  abstract List<Exchange> exchanges(Curriculum curriculum, long seed, int n, boolean heldOut);

  /** Whether a reply is in the manner. */
  public abstract boolean complies(String reply);

  private static int words(String reply) {
    return reply.isBlank() ? 0 : reply.strip().split("\\s+").length;
  }

  /** Questions of the curriculum that begin a conversation, apart from any wish about manner. */
  private static List<Fact> facts(Curriculum curriculum, long seed, int n, boolean heldOut) {
    Set<String> asked = new LinkedHashSet<>();
    List<Fact> facts = new ArrayList<>();
    var examples =
        curriculum
            .examples(Hashes.subSeed(seed, "made"), heldOut, s -> s.startsWith("facts/"))
            .limit(60L * n)
            .iterator();
    while (facts.size() < n && examples.hasNext()) {
      TrainingExample example = examples.next();
      List<Message> messages = example.messages();
      if (messages.size() < 3
          || messages.getFirst().role() != Role.SYSTEM
          || messages.get(1).role() != Role.USER
          || messages.getFirst().content().contains("The user prefers:")) {
        continue;
      }
      String full = messages.get(2).content();
      String answer = answer(example);
      if (!answer.isEmpty()
          && words(answer) <= SHORT - 1
          && words(full) > SHORT
          && !MANNERED.matcher(full.strip()).find()
          && asked.add(messages.get(1).content())) {
        String capital = Character.toUpperCase(answer.charAt(0)) + answer.substring(1);
        facts.add(
            new Fact(
                List.of(plainSystem(), messages.get(1)),
                capital.endsWith(".") ? capital : capital + ".",
                full));
      }
    }
    return facts;
  }

  private static Message plainSystem() {
    return Message.system(
        SystemPrompt.render(SystemPrompt.PERSONA, LocalDate.of(2026, 3, 1), List.of(), List.of()));
  }

  /** The first accepted answer of the first reply; empty when it is not of that kind. */
  private static String answer(TrainingExample example) {
    for (Expectation each : example.expectations()) {
      if (each.message() == 2
          && each.check() instanceof Check.Says says
          && says.groups().size() == 1) {
        return says.groups().getFirst().getFirst();
      }
    }
    return "";
  }

  /** One line of {@code measures.txt}: dimension, thing, metric, imperial. */
  private record Measure(String dimension, String thing, String metric, String imperial) {}

  private static List<Exchange> measures(long seed, int n, boolean heldOut) {
    List<Measure> things = new ArrayList<>();
    List<String[]> asks = new ArrayList<>();
    for (String line : lines()) {
      String[] cells = line.split("\\|");
      for (int i = 0; i < cells.length; i++) {
        cells[i] = cells[i].strip();
      }
      if (cells[0].equals(">")) {
        asks.add(cells);
      } else if (isHeldOut(cells[1]) == heldOut) {
        things.add(new Measure(cells[0], cells[1], cells[2], cells[3]));
      }
    }
    List<Exchange> all = new ArrayList<>();
    var random = new SplittableRandom(Hashes.subSeed(seed, "measures"));
    for (Measure each : things) {
      for (String[] ask : asks) {
        if (ask[1].equals(each.dimension()) && isHeldOut(ask[2]) == heldOut) {
          String form =
              List.of("About {x}.", "It is about {x}.", "Roughly {x}.").get(random.nextInt(3));
          all.add(
              new Exchange(
                  List.of(plainSystem(), Message.user(ask[2].replace("{thing}", each.thing()))),
                  form.replace("{x}", each.metric()),
                  form.replace("{x}", each.imperial())));
        }
      }
    }
    for (int i = all.size() - 1; i > 0; i--) {
      Collections.swap(all, i, random.nextInt(i + 1));
    }
    return all.subList(0, Math.min(n, all.size()));
  }

  private static boolean isHeldOut(String text) {
    return Long.remainderUnsigned(Hashes.subSeed(0, "made held-out", text), 4) == 0;
  }

  private static List<String> lines() {
    try (var in =
            Objects.requireNonNull(
                MadePreference.class.getResourceAsStream("measures.txt"), "measures.txt");
        var reader = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8))) {
      return reader.lines().filter(l -> !l.isBlank() && !l.startsWith("#")).toList();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read measures.txt", e);
    }
  }
}
