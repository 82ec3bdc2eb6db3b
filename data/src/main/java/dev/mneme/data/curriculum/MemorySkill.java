package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import dev.mneme.data.MemoryBlock;
import dev.mneme.data.ToolSpec;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Using the memory block: one skill for each way it can be needed. */
final class MemorySkill implements Skill {
  /** What the example is about. */
  enum Kind {
    /** Answer from one line among others. */
    ANSWER,
    /** Two lines answer together. */
    COMBINE,
    /** The newer of two lines is right. */
    CONFLICT,
    /** No line answers. */
    ABSTAIN,
    /** A line holds an instruction; it is data. */
    INJECTION,
    /** Say what is remembered. */
    SUMMARY,
    /** Told in this conversation, asked later in it. */
    TOLD_NOW,
    /** When something was said. */
    WHEN,
    /** Not in the block, but a tool can look for it. */
    SEARCH
  }

  private static final List<ToolSpec> WITHOUT_SEARCH =
      BuiltInTools.ALL.stream().filter(each -> !each.equals(BuiltInTools.MEMORY_SEARCH)).toList();

  private final Kind kind;
  private final Memories memories;
  private final Styles styles;
  private final Map<String, Texts.Block> around = Texts.byTitle("memory/around.txt");
  private final List<Chain> chains = new ArrayList<>();
  private final List<Chain> heldOutChains;
  private final Pool<Phrase> injections;
  private final Pool<Phrase> summaryAsks;
  private final Pool<Phrase> whenAsks;
  private final List<Phrase> whenReplies;
  private final List<Phrase> noted;
  private final Pool<Phrase> joins;
  private final Pool<Phrase> searchAsks;

  /** Two or three statements and a question that needs them all. */
  private record Chain(
      Numbers numbers,
      List<Pool<Phrase>> told,
      Pool<Phrase> asks,
      List<Phrase> replies,
      List<Phrase> answers) {}

  MemorySkill(Kind kind, Memories memories, Styles styles) {
    this.kind = kind;
    this.memories = memories;
    this.styles = styles;
    injections = words("injections").wordings("+");
    summaryAsks = words("summary").wordings(">");
    whenAsks = words("when").wordings(">");
    whenReplies = words("when").phrases("<");
    noted = words("noted").phrases("<");
    joins = words("joins").wordings(">");
    searchAsks = words("search").wordings(">");
    for (Texts.Block block : Texts.blocks("memory/combine.txt")) {
      var told = new ArrayList<Pool<Phrase>>();
      for (int i = 1; !block.of("+" + i).isEmpty(); i++) {
        told.add(block.wordings("+" + i));
      }
      chains.add(
          new Chain(
              Numbers.parse(block.property("let", ""), block.where()),
              List.copyOf(told),
              block.wordings(">"),
              block.phrases("<"),
              block.phrases("!")));
    }
    heldOutChains = chains.stream().filter(each -> each.asks().has(true)).toList();
  }

  private Texts.Block words(String title) {
    return Memories.block(around, title);
  }

  @Override
  public void compose(Talk talk) {
    talk.close();
    // With a search tool at hand the right answer to "not here" is to look: see SEARCH.
    talk.offer(
        kind == Kind.ABSTAIN
            ? talk.frame().chance(0.25) ? WITHOUT_SEARCH : List.of()
            : talk.frame().chance(0.45) ? BuiltInTools.ALL : List.of());
    switch (kind) {
      case ANSWER -> answer(talk);
      case COMBINE -> combine(talk);
      case CONFLICT -> conflict(talk);
      case ABSTAIN -> abstain(talk);
      case INJECTION -> injection(talk);
      case SUMMARY -> summary(talk);
      case TOLD_NOW -> toldNow(talk);
      case WHEN -> when(talk);
      case SEARCH -> search(talk);
    }
  }

  private void search(Talk talk) {
    Frame frame = talk.frame();
    Memories.Known asked = known(frame, 1).getFirst();
    List<Memories.Known> others = memories.others(List.of(asked), frame.below(4), frame);
    remember(talk, others);
    talk.offer(BuiltInTools.ALL);
    boolean reminded = searchAsks.has(frame.heldOut()) && frame.chance(0.3);
    String question = memories.ask(asked);
    talk.user(
        Noise.heavy(
            reminded
                ? frame
                    .pick(searchAsks)
                    .fill(frame.fresh().bind("topic", Memories.mine(asked.title())))
                : question,
            frame));
    String query = Memories.query(asked.title());
    talk.calls(BuiltInTools.MEMORY_SEARCH.name(), Map.of("query", query));
    talk.expect("call", new Check.Calls(BuiltInTools.MEMORY_SEARCH.name(), Map.of(), List.of()));
    if (frame.chance(0.7)) {
      String hit = found(asked, talk);
      if (frame.chance(0.3)) {
        hit += "\n" + found(memories.others(List.of(asked), 1, frame).getFirst(), talk);
      }
      talk.result(hit);
      talk.assistant(manner(asked.answer(), asked.value(), frame));
      talk.expect("exact", Memories.says(asked));
    } else {
      List<Memories.Known> beside = memories.others(List.of(asked), 2, frame);
      talk.result(
          frame.chance(0.5) ? "nothing is remembered about this" : found(beside.getFirst(), talk));
      talk.assistant(memories.abstain(asked));
      talk.expect("abstain", new Check.Abstains());
    }
  }

  private List<Memories.Known> known(Frame frame, int count) {
    var known = new ArrayList<Memories.Known>();
    known.add(memories.know(topic(frame), frame));
    while (known.size() < count) {
      Memories.Known next = memories.know(topic(frame), frame);
      boolean distinct =
          known.stream()
              .noneMatch(
                  each ->
                      each.title().equals(next.title())
                          || each.value().equalsIgnoreCase(next.value()));
      if (distinct) {
        known.add(next);
      }
    }
    return known;
  }

  private Memories.Topic topic(Frame frame) {
    return kind == Kind.TOLD_NOW ? memories.pickTold(frame) : memories.pick(frame);
  }

  private void remember(Talk talk, List<Memories.Known> known) {
    Frame frame = talk.frame();
    for (int i = 0; i < known.size(); i++) {
      MemoryBlock.Line line = memories.line(known.get(i), Memories.day(frame, talk.today()));
      // People say two things in one breath.
      if (i + 1 < known.size() && frame.chance(0.1)) {
        line = Memories.line(line.text() + " " + known.get(++i).told(), line.date(), "user");
      }
      talk.remember(List.of(line));
    }
  }

  private List<Memories.Known> distract(Talk talk, List<Memories.Known> asked, int count) {
    List<Memories.Known> others = memories.others(asked, count, talk.frame());
    remember(talk, others);
    if (talk.frame().chance(0.25)) {
      talk.remember(List.of(memories.smallTalk(talk.frame(), talk.today())));
    }
    return others;
  }

  private void ask(Talk talk, Memories.Known known, Check... more) {
    Frame frame = known.frame();
    talk.user(Noise.heavy(memories.ask(known), frame));
    talk.assistant(manner(known.answer(), known.value(), frame));
    Check says = Memories.says(known);
    talk.expect("exact", more.length == 0 ? says : Check.all(says, more[0]));
  }

  /** The answer in one of several manners. */
  private String manner(String full, String value, Frame frame) {
    return switch (frame.below(10)) {
      case 0, 1 -> Facts.sentence(value);
      case 2 -> styles.wrap("friendly", full, frame);
      case 3 -> styles.wrap("formal", full, frame);
      default -> full;
    };
  }

  private void answer(Talk talk) {
    Frame frame = talk.frame();
    List<Memories.Known> asked = known(frame, 1 + frame.below(4));
    remember(talk, asked);
    List<Memories.Known> others = distract(talk, asked, frame.below(5));
    for (Memories.Known each : asked) {
      ask(talk, each);
    }
    if (!talk.offersTools() && frame.chance(0.2)) {
      Memories.Known absent = memories.know(topic(frame), frame);
      if (Stream.concat(asked.stream(), others.stream())
          .anyMatch(each -> each.title().equals(absent.title()))) {
        return;
      }
      talk.user(Noise.heavy(memories.ask(absent), frame)).assistant(memories.abstain(absent));
    }
  }

  private void combine(Talk talk) {
    Frame frame = talk.frame();
    if (frame.chance(0.4)) {
      List<Memories.Known> two = known(frame, 2);
      remember(talk, two);
      distract(talk, two, frame.below(4));
      String first = memories.question(two.get(0));
      String second = memories.question(two.get(1));
      String both =
          frame
              .pick(joins)
              .fill(
                  frame
                      .fresh()
                      .bind("first", first)
                      .bind("second", second)
                      .bind("second_low", Memories.lower(second)));
      talk.user(Noise.light(both, frame));
      talk.assistant(two.get(0).sentence() + " " + two.get(1).sentence());
      talk.expect(
          "exact",
          new Check.Says(List.of(List.of(two.get(0).value()), List.of(two.get(1).value()))));
      return;
    }
    Chain chain = frame.heldOut() ? frame.pick(heldOutChains) : frame.pick(chains);
    Frame values = frame.fresh();
    chain.numbers().bind(values);
    for (Pool<Phrase> told : chain.told()) {
      String said = frame.pick(told).fill(values);
      talk.remember(List.of(Memories.line(said, Memories.day(frame, talk.today()), "user")));
    }
    remember(talk, memories.others(known(frame, 1), 1 + frame.below(3), frame));
    talk.user(Noise.heavy(frame.pick(chain.asks()).fill(values), frame));
    talk.assistant(frame.pick(chain.replies()).fill(values));
    for (Phrase each : chain.answers()) {
      talk.expect("exact", Check.says(each.fill(values).split(" / ")));
    }
  }

  private void conflict(Talk talk) {
    Frame frame = talk.frame();
    Memories.Known before = known(frame, 1).getFirst();
    Memories.Known now = memories.changed(before);
    LocalDate later = talk.today().minusDays(frame.below(200));
    LocalDate earlier = later.minusDays(1 + frame.below(frame.chance(0.3) ? 10 : 500));
    talk.remember(List.of(memories.line(before, earlier), memories.changeLine(now, later)));
    List<Memories.Known> others = distract(talk, List.of(before, now), frame.below(4));
    ask(talk, now, new Check.Avoids(List.of(before.value())));
    for (Memories.Known each : others) {
      if (frame.chance(0.5)) {
        ask(talk, each);
      }
    }
  }

  private void abstain(Talk talk) {
    Frame frame = talk.frame();
    Memories.Known absent = known(frame, 1).getFirst();
    List<Memories.Known> others = memories.others(List.of(absent), frame.below(6), frame);
    remember(talk, others);
    talk.user(Noise.heavy(memories.ask(absent), frame));
    talk.assistant(memories.abstain(absent));
    talk.expect("abstain", new Check.Abstains());
    // What is there is answered as ever: not knowing one thing is no reason to know nothing.
    for (Memories.Known each : others) {
      if (frame.chance(0.4)) {
        ask(talk, each);
      }
    }
  }

  private void injection(Talk talk) {
    Frame frame = talk.frame();
    List<Memories.Known> asked = known(frame, 1);
    remember(talk, asked);
    Frame values = frame.fresh();
    String password = values.value("coinage");
    String speaker = frame.pick(List.of("user", "user", "web page", "email", "note"));
    talk.remember(
        List.of(
            Memories.line(
                frame.pick(injections).fill(values), Memories.day(frame, talk.today()), speaker)));
    distract(talk, asked, frame.below(3));
    ask(talk, asked.getFirst(), new Check.Avoids(List.of(password)));
  }

  /** A search hit, written like a line of the memory block. */
  private String found(Memories.Known known, Talk talk) {
    LocalDate day = Memories.day(talk.frame(), talk.today());
    MemoryBlock.Line line = memories.line(known, day);
    return "["
        + (1 + talk.frame().below(900))
        + "] "
        + day
        + " user: "
        + MemoryBlock.quote(line.text());
  }

  private void summary(Talk talk) {
    Frame frame = talk.frame();
    List<Memories.Known> known = known(frame, 1 + frame.below(4));
    var lines = new ArrayList<MemoryBlock.Line>();
    LocalDate day = talk.today().minusDays(frame.below(100) + 40L);
    for (Memories.Known each : known) {
      lines.add(memories.line(each, day));
      day = day.plusDays(1 + frame.below(9));
    }
    talk.remember(lines);
    talk.user(Noise.heavy(frame.pick(summaryAsks).fill(frame), frame));
    var text = new StringBuilder();
    boolean bullets = known.size() > 1 && frame.chance(0.4);
    for (Memories.Known each : known) {
      text.append(text.isEmpty() ? "" : bullets ? "\n" : " ")
          .append(bullets ? "- " : "")
          .append(each.sentence());
    }
    talk.assistant(text.toString());
    talk.expect(
        "exact", new Check.Says(known.stream().map(each -> List.of(each.value())).toList()));
  }

  private void toldNow(Talk talk) {
    Frame frame = talk.frame();
    List<Memories.Known> known = known(frame, 1 + frame.below(3));
    if (frame.chance(0.5)) {
      distract(talk, known, frame.below(3));
    }
    for (Memories.Known each : known) {
      talk.user(Noise.light(each.told(), frame));
      String answer = each.sentence();
      talk.assistant(
          frame
              .pick(noted)
              .fill(frame.fresh().bind("answer", answer).bind("low", Memories.lower(answer))));
      talk.expect("exact", Memories.says(each));
    }
    for (Memories.Known each : known.reversed()) {
      if (each.equals(known.getFirst()) || frame.chance(0.6)) {
        ask(talk, each);
      }
    }
  }

  private void when(Talk talk) {
    Frame frame = talk.frame();
    Memories.Known asked = known(frame, 1).getFirst();
    LocalDate day = Memories.day(frame, talk.today());
    talk.remember(List.of(memories.line(asked, day)));
    distract(talk, List.of(asked), frame.below(3));
    Frame values =
        frame.fresh().bind("topic", Memories.mine(asked.title())).bind("day", day.toString());
    talk.user(Noise.heavy(frame.pick(whenAsks).fill(values), frame));
    talk.assistant(frame.pick(whenReplies).fill(values));
    talk.expect("exact", Check.says(day.toString()));
  }

  @Override
  public boolean hasHeldOut() {
    return switch (kind) {
      case SUMMARY -> summaryAsks.has(true);
      case WHEN -> whenAsks.has(true);
      case ANSWER, COMBINE, CONFLICT, ABSTAIN, INJECTION, TOLD_NOW, SEARCH -> true;
    };
  }

  @Override
  public int templates() {
    return switch (kind) {
      case SUMMARY -> summaryAsks.size();
      case WHEN -> whenAsks.size();
      case COMBINE ->
          joins.size()
              + chains.stream()
                  .mapToInt(c -> c.asks().size() + c.told().stream().mapToInt(Pool::size).sum())
                  .sum();
      case INJECTION -> injections.size() + memories.templates();
      case SEARCH -> searchAsks.size() + memories.templates();
      case ANSWER, CONFLICT, ABSTAIN, TOLD_NOW -> memories.templates();
    };
  }
}
