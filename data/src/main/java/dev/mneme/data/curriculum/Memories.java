package dev.mneme.data.curriculum;

import dev.mneme.data.Check;
import dev.mneme.data.MemoryBlock;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What people tell about themselves and ask back later, from {@code memory/*.txt}.
 *
 * <pre>
 * == where you live            the topic, as in "I do not know where you live."
 * values: city                 lexicon of {v}
 * each: thing=food:dish, ...   optional: the block once for each, with {thing} and values replaced
 * + I live in {v}.             how it was said
 * ~ I moved to {v}.            how a change of it was said
 * &gt; Where do I live?           how it is asked
 * &lt; You live in {v}.           how it is answered
 * </pre>
 *
 * Slots other than {v} are the key: the same topic about another sister is another fact.
 */
final class Memories implements Talk.Distractions {
  /** One topic that can be told and asked. */
  record Topic(
      Phrase title,
      String values,
      Pool<Phrase> told,
      Pool<Phrase> changed,
      Pool<Phrase> asks,
      List<Phrase> replies,
      Set<String> keys) {}

  /** A topic with its values: one thing that is so. */
  record Known(Topic topic, Frame frame) {
    String value() {
      return frame.value("v");
    }

    String title() {
      return topic.title().fill(frame);
    }

    String told() {
      return frame.pick(topic.told()).fill(frame);
    }

    /** The first reply of the topic: a sentence that stands alone. */
    String sentence() {
      return topic.replies().getFirst().fill(frame);
    }

    String answer() {
      return frame.pick(topic.replies()).fill(frame);
    }
  }

  /** First words that lose their capital inside a sentence; anything else may be a name. */
  private static final Set<String> PLAIN_STARTS =
      Set.of(
          "My",
          "The",
          "You",
          "Your",
          "We",
          "Our",
          "It",
          "In",
          "On",
          "At",
          "By",
          "People",
          "There",
          "What",
          "Which",
          "Where",
          "When",
          "Who",
          "Whom",
          "How",
          "Do",
          "Does",
          "Did",
          "Can",
          "Is",
          "Tell",
          "For",
          "To",
          "That",
          "Every",
          "Yesterday",
          "Please",
          "Remind",
          "Say",
          "Give",
          "Name",
          "Read",
          "With",
          "Under",
          "As",
          "Count");

  private final List<Topic> topics = new ArrayList<>();
  private int templates;
  private final List<Topic> heldOut;
  private final List<Topic> heldOutTold;
  private final List<Phrase> abstain;
  private final Pool<Phrase> chatter;
  private final Pool<Phrase> assistantLines;
  private final Pool<Phrase> userLines;
  private final Pool<Phrase> leading;

  Memories() {
    for (Texts.Block block : Texts.blocks("memory/topics.txt")) {
      expand(block);
      templates += block.of("+").size() + block.of("~").size() + block.of(">").size();
    }
    heldOut = topics.stream().filter(each -> each.asks().has(true)).toList();
    heldOutTold = heldOut.stream().filter(each -> each.told().has(true)).toList();
    Map<String, Texts.Block> talk = Texts.byTitle("memory/around.txt");
    abstain = block(talk, "abstain").phrases("<");
    chatter = block(talk, "chatter").wordings("+");
    assistantLines = block(talk, "assistant").wordings("+");
    userLines = block(talk, "user").wordings("+");
    leading = block(talk, "leading").wordings(">");
  }

  static Texts.Block block(Map<String, Texts.Block> blocks, String title) {
    Texts.Block found = blocks.get(title);
    if (found == null) {
      throw new IllegalArgumentException("no block '== " + title + "' among " + blocks.keySet());
    }
    return found;
  }

  private void expand(Texts.Block block) {
    String each = block.property("each", "");
    if (each.isEmpty()) {
      topics.add(topic(block, "", "", block.property("values")));
      return;
    }
    String slot = each.substring(0, each.indexOf('='));
    for (String pair : each.substring(each.indexOf('=') + 1).split(",")) {
      String[] parts = pair.strip().split(":");
      topics.add(topic(block, slot, parts[0], parts[parts.length - 1]));
    }
  }

  private static Topic topic(Texts.Block block, String slot, String word, String values) {
    Pool<Phrase> told = pool(block, "+", slot, word);
    Pool<Phrase> asks = pool(block, ">", slot, word);
    List<Phrase> replies =
        block.of("<").stream().map(line -> Phrase.parse(replace(line, slot, word))).toList();
    Phrase title = Phrase.parse(replace(block.title(), slot, word));
    if (!told.has(false) || !asks.has(false) || replies.isEmpty()) {
      throw new IllegalArgumentException(
          block.where()
              + ": topic '"
              + block.title()
              + "' needs '+', '>' and '<' lines to train on");
    }
    var keys = new LinkedHashSet<String>();
    told.all().forEach(phrase -> keys.addAll(phrase.slots()));
    keys.remove("v");
    return new Topic(
        title, values, told, pool(block, "~", slot, word), asks, replies, Set.copyOf(keys));
  }

  /** Split by the line as it stands in the file, not as it is expanded. */
  private static Pool<Phrase> pool(Texts.Block block, String kind, String slot, String word) {
    record Line(String source, Phrase phrase) {}
    List<Line> lines =
        block.of(kind).stream()
            .map(line -> new Line(line, Phrase.parse(replace(line, slot, word))))
            .toList();
    return Pool.split(lines, Line::source).map(Line::phrase);
  }

  private static String replace(String line, String slot, String word) {
    if (slot.isEmpty()) {
      return line;
    }
    String article = "aeiou".indexOf(word.charAt(0)) >= 0 ? "an " : "a ";
    return line.replace("{" + slot + "}", word)
        .replace("{a " + slot + "}", article + word)
        .replace("{" + Phrase.capital(slot) + "}", Phrase.capital(word));
  }

  List<Topic> topics() {
    return topics;
  }

  /** Lines as they stand in the file: a block for many things counts once. */
  int templates() {
    return templates;
  }

  /** A topic that can be asked on this side of the split. */
  Topic pick(Frame frame) {
    return frame.heldOut() ? frame.pick(heldOut) : frame.pick(topics);
  }

  Known know(Topic topic, Frame parent) {
    Frame frame = parent.fresh().unknowns(0.5);
    for (String key : topic.keys()) {
      frame.value(key);
    }
    frame.bind("v", frame.draw(topic.values()));
    return new Known(topic, frame);
  }

  /** The same key with another value. */
  Known changed(Known before) {
    Frame frame = before.frame().fresh().unknowns(0.5);
    for (String key : before.topic().keys()) {
      frame.bind(key, before.frame().value(key));
    }
    frame.bind("was", before.value());
    String value = frame.draw(before.topic().values());
    for (int i = 0; i < 40 && overlap(value, before.value()); i++) {
      value = frame.draw(before.topic().values());
    }
    return new Known(before.topic(), frame.bind("v", value));
  }

  /** "green" and "lime green" would not tell the old value from the new one. */
  private static boolean overlap(String a, String b) {
    String low = a.toLowerCase(Locale.ROOT);
    String other = b.toLowerCase(Locale.ROOT);
    return low.contains(other) || other.contains(low);
  }

  /** The bare question. */
  String question(Known known) {
    return known.frame().pick(known.topic().asks()).fill(known.frame());
  }

  /** The question as a person asks it, now and then with words around it. */
  String ask(Known known) {
    Frame frame = known.frame();
    String question = question(known);
    return frame.chance(0.25)
        ? frame
            .pick(leading)
            .fill(frame.fresh().bind("question", question).bind("low", lower(question)))
        : question;
  }

  /** A topic whose telling has wording of this side, too. */
  Topic pickTold(Frame frame) {
    return frame.heldOut() ? frame.pick(heldOutTold) : frame.pick(topics);
  }

  /** Other things that are so: none answers a question about {@code asked}. */
  List<Known> others(List<Known> asked, int count, Frame frame) {
    var titles = new LinkedHashSet<String>();
    var values = new LinkedHashSet<String>();
    for (Known each : asked) {
      titles.add(each.title());
      values.add(each.value().toLowerCase(Locale.ROOT));
    }
    var found = new ArrayList<Known>();
    for (int i = 0; i < count * 4 + 60 && found.size() < count; i++) {
      Topic near = frame.pick(asked).topic();
      boolean sameTopic = !near.keys().isEmpty() && frame.chance(0.35);
      Known other = know(sameTopic ? near : frame.pick(topics), frame);
      if (titles.add(other.title()) && values.add(other.value().toLowerCase(Locale.ROOT))) {
        found.add(other);
      }
    }
    return found;
  }

  @Override
  public List<MemoryBlock.Line> lines(Frame frame, LocalDate today, int count) {
    var lines = new ArrayList<MemoryBlock.Line>();
    for (int i = 0; i < count; i++) {
      lines.add(line(know(frame.pick(topics), frame), day(frame, today)));
    }
    return lines;
  }

  static LocalDate day(Frame frame, LocalDate today) {
    return today.minusDays(
        frame.chance(0.3)
            ? frame.below(8)
            : frame.chance(0.5) ? frame.below(90) : frame.below(700));
  }

  MemoryBlock.Line line(Known known, LocalDate day) {
    String said = known.told();
    Frame frame = known.frame();
    if (frame.chance(0.15)) {
      said = frame.pick(chatter).fill(frame.fresh().bind("said", said).bind("low", lower(said)));
    }
    return line(said, day, "user");
  }

  MemoryBlock.Line changeLine(Known known, LocalDate day) {
    Pool<Phrase> words =
        known.topic().changed().isEmpty() || known.frame().chance(0.4)
            ? known.topic().told()
            : known.topic().changed();
    return line(known.frame().pick(words).fill(known.frame()), day, "user");
  }

  /** Something that was once said and tells nothing: a question of the user's, or a reply. */
  MemoryBlock.Line smallTalk(Frame frame, LocalDate today) {
    boolean users = frame.chance(0.6);
    return line(
        frame.pick(users ? userLines : assistantLines).fill(frame.fresh()),
        day(frame, today),
        users ? "user" : "assistant");
  }

  /** The id is set when the block is complete. */
  static MemoryBlock.Line line(String text, LocalDate day, String speaker) {
    return new MemoryBlock.Line("0", day, speaker, text);
  }

  /** The sentence as it goes on after a comma or colon. */
  static String lower(String text) {
    return text.startsWith("I ") || text.startsWith("I'") || !startsWithPlainWord(text)
        ? text
        : text.substring(0, 1).toLowerCase(Locale.ROOT) + text.substring(1);
  }

  private static boolean startsWithPlainWord(String text) {
    return PLAIN_STARTS.contains(text.split("[ ,']", 2)[0]);
  }

  /** The topic as the user says it: "where you live" becomes "where I live". */
  static String mine(String topic) {
    return (" " + topic + " ")
        .replace(" your ", " my ")
        .replace(" you are ", " I am ")
        .replace(" you were ", " I was ")
        .replace(" you ", " I ")
        .replace(" yours ", " mine ")
        .strip();
  }

  /** The words to search for: "the name of your dog" becomes "name dog"... without small words. */
  static String query(String topic) {
    return (" " + topic + " ")
        .replace(" your ", " ")
        .replace(" you are ", " ")
        .replace(" you ", " ")
        .replace(" the ", " ")
        .replaceAll("\\s+", " ")
        .strip();
  }

  String abstain(Known known) {
    Frame frame = known.frame();
    return frame.pick(abstain).fill(frame.fresh().bind("topic", known.title()));
  }

  static Check says(Known known) {
    return Check.says(known.value());
  }
}
