package dev.mneme.data.curriculum;

import dev.mneme.data.Check;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Questions with one right answer, from tables.
 *
 * <pre>
 * == rows
 * columns: country | capital
 * - France | Paris               "a / b" in a cell: a is said, b is accepted too; "-" is no value
 * == capital                     a view: one question about each row
 * answer: capital
 * &gt; What is the capital of {country}?
 * &lt; The capital of {country} is {capital}.
 *
 * == list                        single facts
 * - question / other wording | short answer | full sentence
 * </pre>
 *
 * Facts cannot be held out, only their wording: nobody knows a capital they were never told.
 */
final class Facts implements Skill {
  /** One question: its wordings, its full replies, its accepted answers. */
  record Fact(
      Pool<Phrase> asks, List<Phrase> replies, Map<String, String> slots, List<String> answers) {}

  private final Styles styles;
  private final List<Fact> facts;
  private final List<Fact> heldOut;
  private final Pool<Phrase> wrappers;

  Facts(List<String> files, Styles styles) {
    this(styles, readAll(files), Texts.blocks("facts/wrap.txt").getFirst().wordings(">"));
  }

  private Facts(Styles styles, List<Fact> facts, Pool<Phrase> wrappers) {
    this.styles = styles;
    this.facts = List.copyOf(facts);
    this.heldOut = facts.stream().filter(each -> each.asks().has(true)).toList();
    this.wrappers = wrappers;
  }

  private static List<Fact> readAll(List<String> files) {
    var facts = new ArrayList<Fact>();
    files.forEach(file -> read(file, facts));
    return facts;
  }

  private static void read(String file, List<Fact> facts) {
    List<Texts.Block> blocks = Texts.blocks(file);
    for (Texts.Block block : blocks) {
      if (block.title().equals("list")) {
        block.of("-").forEach(line -> facts.add(single(line, block.where())));
      }
    }
    List<Texts.Block> tables = blocks.stream().filter(b -> b.title().equals("rows")).toList();
    for (Texts.Block table : tables) {
      List<String> columns = cells(table.property("columns"));
      List<Map<String, String>> rows =
          table.of("-").stream().map(line -> row(line, columns, table.where())).toList();
      for (Texts.Block view : blocks) {
        if (view.properties().containsKey("answer") && columns.contains(view.property("answer"))) {
          addView(view, rows, facts);
        }
      }
    }
  }

  private static List<String> cells(String line) {
    return List.of(line.split("\\|")).stream().map(String::strip).toList();
  }

  private static Map<String, String> row(String line, List<String> columns, String where) {
    List<String> cells = cells(line);
    if (cells.size() != columns.size()) {
      throw new IllegalArgumentException(
          where + ": expected " + columns.size() + " cells " + columns + ", got: " + line);
    }
    var row = new LinkedHashMap<String, String>();
    for (int i = 0; i < cells.size(); i++) {
      row.put(columns.get(i), cells.get(i));
    }
    return row;
  }

  private static void addView(Texts.Block view, List<Map<String, String>> rows, List<Fact> facts) {
    Pool<Phrase> asks = view.wordings(">");
    List<Phrase> replies = view.phrases("<");
    if (!asks.has(false) || replies.isEmpty()) {
      throw new IllegalArgumentException(
          view.where()
              + ": view '"
              + view.title()
              + "' needs '> question' lines to train on and"
              + " '< reply' lines");
    }
    String answer = view.property("answer");
    for (Map<String, String> row : rows) {
      var slots = new LinkedHashMap<String, String>();
      row.forEach((column, cell) -> slots.put(column, cell.split(" / ")[0].strip()));
      boolean complete =
          asks.all().stream()
              .flatMap(each -> each.slots().stream())
              .allMatch(slot -> !slots.getOrDefault(slot, "").equals("-"));
      String cell = row.getOrDefault(answer, "-");
      if (complete && !cell.equals("-")) {
        List<String> answers = List.of(cell.split(" / ")).stream().map(String::strip).toList();
        slots.put("answer", answers.getFirst());
        facts.add(new Fact(asks, replies, Map.copyOf(slots), answers));
      }
    }
  }

  private static Fact single(String line, String where) {
    List<String> cells = cells(line);
    if (cells.size() < 2 || cells.size() > 3) {
      throw new IllegalArgumentException(
          where + ": expected 'question / question | answer | sentence', got: " + line);
    }
    List<Phrase> asks =
        List.of(cells.get(0).split(" / ")).stream()
            .map(each -> Phrase.parse(each.strip()))
            .toList();
    List<String> answers = List.of(cells.get(1).split(" / ")).stream().map(String::strip).toList();
    String full = cells.size() == 3 ? cells.get(2) : sentence(answers.getFirst());
    Pool<Phrase> pool = Pool.split(asks, Phrase::source);
    // A fact whose every wording is held out would never be taught.
    return new Fact(
        pool.has(false) ? pool : withOpenings(asks),
        List.of(Phrase.parse(full)),
        Map.of("answer", answers.getFirst()),
        answers);
  }

  /** The wordings with a polite opening, so that there is one to train on. */
  private static Pool<Phrase> withOpenings(List<Phrase> asks) {
    var polite = new ArrayList<>(asks);
    for (Phrase each : asks) {
      for (String opening : List.of("Please tell me: ", "I wonder: ", "Question: ", "Hey, ")) {
        polite.add(Phrase.parse(opening + each.source()));
      }
    }
    return Pool.split(polite, Phrase::source);
  }

  static String sentence(String text) {
    String capital = Phrase.capital(text);
    return capital.endsWith(".") || capital.endsWith("!") ? capital : capital + ".";
  }

  List<Fact> facts() {
    return facts;
  }

  /** All facts of several tables as one. */
  static Facts union(List<Facts> parts) {
    if (parts.isEmpty()) {
      throw new IllegalArgumentException(
          "mixture.txt: a skill of kind 'facts' must stand above the skill that uses facts");
    }
    return new Facts(
        parts.getFirst().styles,
        parts.stream().flatMap(each -> each.facts.stream()).toList(),
        parts.getFirst().wrappers);
  }

  /** One fact of this side of the split. */
  Fact pick(Frame frame) {
    return frame.heldOut() ? frame.pick(heldOut) : frame.pick(facts);
  }

  static Frame bind(Fact fact, Frame frame) {
    fact.slots().forEach(frame::bind);
    return frame;
  }

  @Override
  public void compose(Talk talk) {
    int questions = talk.isEmpty() ? 1 + talk.frame().below(3) : 1;
    String style = talk.style();
    if (talk.isEmpty() && talk.frame().chance(0.3)) {
      style = talk.frame().pick(List.of("terse", "formal", "friendly"));
      styles.prefer(style, talk);
    }
    for (int i = 0; i < questions; i++) {
      Frame frame = talk.frame().fresh();
      Fact fact = pick(frame);
      bind(fact, frame);
      String request = frame.pick(fact.asks()).fill(frame);
      if (frame.chance(0.15)) {
        request = frame.pick(wrappers).fill(frame.fresh().bind("request", request));
      }
      talk.user(Noise.heavy(request, frame));
      talk.assistant(reply(fact, style, frame));
      talk.expect("answer", new Check.Says(List.of(fact.answers())));
    }
  }

  private String reply(Fact fact, @Nullable String style, Frame frame) {
    String manner =
        style != null
            ? style
            : frame.pick(List.of("full", "full", "full", "full", "terse", "friendly", "formal"));
    if (manner.equals("terse")) {
      return sentence(fact.slots().getOrDefault("answer", ""));
    }
    String full = frame.pick(fact.replies()).fill(frame);
    return manner.equals("full") ? full : styles.wrap(manner, full, frame);
  }

  @Override
  public boolean hasHeldOut() {
    return !heldOut.isEmpty();
  }

  @Override
  public int templates() {
    return wrappers.size() + facts.stream().map(Fact::asks).distinct().mapToInt(Pool::size).sum();
  }
}
