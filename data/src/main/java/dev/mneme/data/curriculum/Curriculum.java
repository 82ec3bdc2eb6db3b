package dev.mneme.data.curriculum;

import dev.mneme.data.Hashes;
import dev.mneme.data.TrainingExample;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Predicate;
import java.util.stream.LongStream;
import java.util.stream.Stream;

/**
 * The curriculum: an endless stream of conversations, the same for the same seed.
 *
 * <p>Each example is a pure function of (seed, index, side of the split), so a stream can be
 * entered anywhere: a resumed training run asks for {@link #example} from where it stopped. Which
 * skill an example has is drawn by the weights in {@code mixture.txt}.
 *
 * <p>Immutable and thread-safe. Reading the bundled files takes some ten milliseconds; keep one.
 */
public final class Curriculum {
  private static final int CHAIN_LIMIT = 700;

  /** What people move to and from within one conversation. */
  private static final List<String> MIXING =
      List.of("conversation/", "facts/", "form/", "writing/", "reasoning/");

  /** What people do several times in a row. */
  private static final List<String> REPEATING =
      List.of("math/", "extraction/", "tools/calculator", "tools/convert");

  private record Entry(String name, Skill skill, double weight) {
    boolean mixes() {
      return MIXING.stream().anyMatch(name::startsWith);
    }

    boolean repeats() {
      return REPEATING.stream().anyMatch(name::startsWith);
    }
  }

  private final List<Entry> entries;
  private final Lexicons lexicons;
  private final Memories memories;
  private final int facts;
  private final Mixture wholeTraining;
  private final Mixture wholeHeldOut;

  private Curriculum(List<Entry> entries, Lexicons lexicons, Memories memories, int facts) {
    this.entries = entries;
    this.lexicons = lexicons;
    this.memories = memories;
    this.facts = facts;
    this.wholeTraining = new Mixture(entries, false, _ -> true);
    this.wholeHeldOut = new Mixture(entries, true, _ -> true);
  }

  /**
   * Reads the bundled files.
   *
   * @throws IllegalArgumentException naming file and line when one of them is malformed
   */
  public static Curriculum load() {
    var lexicons = new Lexicons();
    var styles = new Styles();
    var memories = new Memories();
    var entries = new ArrayList<Entry>();
    var skills = new LinkedHashMap<String, Skill>();
    int facts = 0;
    for (String line : Texts.lines("mixture.txt")) {
      String[] cells = line.split("\\s+");
      if (cells.length < 3) {
        throw new IllegalArgumentException(
            "mixture.txt: expected 'skill weight kind [words]', got: " + line);
      }
      String name = cells[0];
      List<String> words = List.of(cells).subList(3, cells.length);
      Skill skill =
          switch (cells[2]) {
            case "dialogs" -> new Dialogs(name + ".txt", styles);
            case "facts" ->
                new Facts(words.stream().map(each -> "facts/" + each + ".txt").toList(), styles);
            case "memory" ->
                new MemorySkill(
                    MemorySkill.Kind.valueOf(words.getFirst().toUpperCase(Locale.ROOT)),
                    memories,
                    styles);
            case "extraction" -> new Extraction();
            case "form" -> new Forms(allFacts(skills));
            case "convert" -> new Conversions();
            case "clock" -> new ClockSkill();
            case "no_call" -> new NoCall(words.stream().map(each -> skill(skills, each)).toList());
            case "stories" -> new Stories(name + ".txt");
            default ->
                throw new IllegalArgumentException(
                    "mixture.txt: unknown kind '" + cells[2] + "' in: " + line);
          };
      if (skill instanceof Facts table) {
        facts += table.facts().size();
      }
      skills.put(name, skill);
      entries.add(new Entry(name, skill, Double.parseDouble(cells[1])));
    }
    return new Curriculum(List.copyOf(entries), lexicons, memories, facts);
  }

  private static Skill skill(Map<String, Skill> skills, String name) {
    Skill found = skills.get(name);
    if (found == null) {
      throw new IllegalArgumentException(
          "mixture.txt: '" + name + "' must stand above the skill that uses it");
    }
    return found;
  }

  private static Facts allFacts(Map<String, Skill> skills) {
    return Facts.union(
        skills.values().stream()
            .flatMap(each -> each instanceof Facts f ? Stream.of(f) : Stream.empty())
            .toList());
  }

  /** The names of all skills, in the order of {@code mixture.txt}. */
  public List<String> skills() {
    return entries.stream().map(Entry::name).toList();
  }

  /** The endless stream from index 0. */
  public Stream<TrainingExample> examples(long seed, boolean heldOut) {
    return examples(seed, heldOut, _ -> true);
  }

  /**
   * The endless stream of some skills only.
   *
   * @throws IllegalArgumentException when no skill is left
   */
  public Stream<TrainingExample> examples(long seed, boolean heldOut, Predicate<String> skills) {
    Mixture mixture = new Mixture(entries, heldOut, skills);
    return LongStream.iterate(0, i -> i + 1).mapToObj(i -> example(seed, i, heldOut, mixture));
  }

  /**
   * The endless stream of some skills for training, every message of a person in words that nobody
   * wrote: see {@link Rewording}. Their replies are only right where a reply follows from what a
   * message is about and not from each of its words.
   *
   * @throws IllegalArgumentException when no skill is left
   */
  public Stream<TrainingExample> reworded(long seed, Predicate<String> skills) {
    var rewording = new Rewording(examples(Hashes.subSeed(seed, "words"), false), seed);
    return examples(seed, false, skills).map(rewording::of);
  }

  /** Example number {@code index} of the stream {@link #examples(long, boolean)}. */
  public TrainingExample example(long seed, long index, boolean heldOut) {
    return example(seed, index, heldOut, heldOut ? wholeHeldOut : wholeTraining);
  }

  private TrainingExample example(long seed, long index, boolean heldOut, Mixture mixture) {
    var random =
        new SplittableRandom(
            Hashes.subSeed(
                seed, "curriculum", heldOut ? "held-out" : "training", Long.toString(index)));
    var talk = new Talk(new Frame(lexicons, random, heldOut));
    Entry entry = mixture.draw(random);
    entry.skill().compose(talk);
    // People go on talking, and every further exchange teaches more per token of system prompt. A
    // held-out example stays with one request, whose skill it counts for.
    while (!heldOut && talk.length() < CHAIN_LIMIT && talk.frame().chance(0.7)) {
      if (entry.repeats()) {
        entry.skill().compose(talk);
      } else if (entry.mixes() && !talk.isClosed()) {
        Entry next = mixture.draw(random);
        if (next.mixes()) {
          next.skill().compose(talk);
        }
      } else {
        break;
      }
    }
    return talk.finish(entry.name(), memories);
  }

  /**
   * How much is written down.
   *
   * @param templates wordings of requests and memories by skill; memory skills share theirs
   * @param lexicons written entries by lexicon
   * @param facts questions with one right answer
   */
  public record Counts(Map<String, Integer> templates, Map<String, Integer> lexicons, int facts) {}

  /** Counts templates, lexicon entries and facts. */
  public Counts counts() {
    var templates = new LinkedHashMap<String, Integer>();
    entries.forEach(each -> templates.put(each.name(), each.skill().templates()));
    return new Counts(templates, lexicons.sizes(), facts);
  }

  Lexicons lexicons() {
    return lexicons;
  }

  /** Skills by cumulative weight. */
  private static final class Mixture {
    private final List<Entry> entries;
    private final double[] upTo;

    Mixture(List<Entry> all, boolean heldOut, Predicate<String> skills) {
      entries =
          all.stream()
              .filter(each -> skills.test(each.name()))
              .filter(each -> !heldOut || each.skill().hasHeldOut())
              .filter(each -> each.weight() > 0)
              .toList();
      if (entries.isEmpty()) {
        Set<String> known = new LinkedHashSet<>(all.stream().map(Entry::name).toList());
        throw new IllegalArgumentException(
            "no skill of the curriculum is chosen; expected some of " + known);
      }
      upTo = new double[entries.size()];
      double sum = 0;
      for (int i = 0; i < upTo.length; i++) {
        sum += entries.get(i).weight();
        upTo[i] = sum;
      }
    }

    Entry draw(SplittableRandom random) {
      double at = random.nextDouble() * upTo[upTo.length - 1];
      int i = 0;
      while (upTo[i] <= at) {
        i++;
      }
      return entries.get(i);
    }
  }
}
