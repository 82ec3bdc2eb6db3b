package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Doing as told about the form of a reply: how long, which letters, bullets, JSON, only the answer.
 *
 * <p>Content comes from {@code form/topics.txt} (a topic, six or more short points "*", three-word
 * summaries "3") and from the facts; how the form is asked for comes from {@code form/ask.txt}.
 */
final class Forms implements Skill {
  private record Topic(String name, List<String> points, List<String> threeWords) {}

  private final List<Topic> topics = new ArrayList<>();
  private final Map<String, Pool<Phrase>> asks = new LinkedHashMap<>();
  private final Facts facts;

  Forms(Facts facts) {
    this.facts = facts;
    for (Texts.Block block : Texts.blocks("form/topics.txt")) {
      if (block.of("*").size() < 6 || block.of("~").isEmpty()) {
        throw new IllegalArgumentException(
            block.where() + ": topic '" + block.title() + "' needs six '*' points and a '~' line");
      }
      topics.add(new Topic(block.title(), block.of("*"), block.of("~")));
    }
    for (Texts.Block block : Texts.blocks("form/ask.txt")) {
      asks.put(block.title(), block.wordings(">"));
    }
  }

  private Pool<Phrase> asks(String form) {
    Pool<Phrase> found = asks.get(form);
    if (found == null) {
      throw new IllegalArgumentException("form/ask.txt has no block '== " + form + "'");
    }
    return found;
  }

  @Override
  public void compose(Talk talk) {
    Frame frame = talk.frame().fresh();
    talk.offer(frame.chance(0.5) ? BuiltInTools.ALL : List.of());
    if (frame.chance(0.5)) {
      aboutFact(talk, frame);
    } else {
      aboutTopic(talk, frame);
    }
  }

  private void aboutFact(Talk talk, Frame frame) {
    Facts.Fact fact = facts.pick(frame);
    Facts.bind(fact, frame);
    String question = frame.pick(fact.asks()).fill(frame);
    String answer = fact.answers().getFirst();
    String full = frame.pick(fact.replies()).fill(frame);
    Check right = new Check.Says(List.of(fact.answers()));
    boolean letters = answer.chars().anyMatch(Character::isLetter);
    String plain = letters && frame.chance(0.5) ? Facts.sentence(answer) : full;
    boolean oneSentence = Check.Form.sentences(1).accepts(Message.assistant(full));
    String form =
        form(
            frame,
            oneSentence
                ? List.of("upper", "lower", "only", "sentence", "json_answer", "starts", "ends")
                : List.of("upper", "lower", "only", "json_answer", "starts", "ends"));
    Frame values = frame.fresh().bind("request", question);
    switch (form) {
      case "upper" ->
          exchange(
              talk,
              form,
              values,
              plain.toUpperCase(Locale.ROOT),
              Check.Form.in(Check.LetterCase.UPPER));
      case "lower" ->
          exchange(
              talk,
              form,
              values,
              plain.toLowerCase(Locale.ROOT),
              Check.Form.in(Check.LetterCase.LOWER));
      case "only" -> exchange(talk, form, values, answer, new Check.Exactly(fact.answers()));
      case "json_answer" -> {
        String json = "{\"answer\": " + Json.mapper().writeValueAsString(answer) + "}";
        exchange(talk, form, values, json, new Check.IsJson());
      }
      case "starts" -> {
        String opening =
            frame.pick(List.of("Sure!", "Of course!", "Good question!", "Gladly!", "Here you go:"));
        exchange(
            talk,
            form,
            values.bind("words", opening),
            opening + " " + full,
            Check.Form.startsWith(opening));
      }
      case "ends" -> {
        String closing =
            frame.pick(
                List.of("Goodbye!", "Thank you.", "Have a nice day!", "Is that all?", "Done."));
        exchange(
            talk,
            form,
            values.bind("words", closing),
            full + " " + closing,
            Check.Form.endsWith(closing));
      }
      default -> exchange(talk, form, values, full, Check.Form.sentences(1));
    }
    // Whether the form was kept and whether the fact was known are two scores.
    if (!form.equals("only")) {
      talk.expect("answer", right);
    }
  }

  /** One of the forms that this side of the split has wordings for. */
  private String form(Frame frame, List<String> forms) {
    return frame.pick(forms.stream().filter(each -> asks(each).has(frame.heldOut())).toList());
  }

  private void aboutTopic(Talk talk, Frame frame) {
    Topic topic = frame.pick(topics);
    var points = new ArrayList<>(topic.points());
    for (int i = points.size() - 1; i > 0; i--) {
      Collections.swap(points, i, frame.below(i + 1));
    }
    Frame values = frame.fresh().bind("topic", topic.name());
    String form =
        form(
            frame,
            List.of(
                "bullets",
                "bullets",
                "numbered",
                "sentences",
                "three",
                "words",
                "json_list",
                "upper_topic",
                "free"));
    int n = 2 + frame.below(4);
    values.bind("n", frame.chance(0.5) ? Integer.toString(n) : word(n));
    List<String> some = points.subList(0, n);
    switch (form) {
      case "bullets" -> exchange(talk, form, values, lines(some, "- "), Check.Form.bullets(n));
      case "numbered" -> exchange(talk, form, values, numbered(some), Check.Form.numbered(n));
      case "sentences" -> {
        int few = 1 + frame.below(3);
        values.bind("n", few == 1 ? "one" : word(few));
        values.bind("sentences", few == 1 ? "sentence" : "sentences");
        exchange(
            talk,
            form,
            values,
            String.join(" ", points.subList(0, few)),
            Check.Form.sentences(few));
      }
      case "three" ->
          exchange(talk, form, values, frame.pick(topic.threeWords()), Check.Form.words(3, 3));
      case "words" -> {
        String shortest = points.getFirst();
        int count = shortest.split(" ").length;
        int limit = Math.max(5, (count + 4) / 5 * 5);
        exchange(
            talk,
            form,
            values.bind("limit", Integer.toString(limit)),
            shortest,
            Check.Form.words(1, limit));
      }
      // Nothing is asked of the form: several lengths and shapes are right.
      case "free" ->
          exchange(
              talk,
              form,
              values,
              frame.chance(0.4) ? lines(some, "- ") : String.join(" ", some),
              Check.Form.words(3, 120));
      case "json_list" -> {
        String json = jsonList(some);
        exchange(talk, form, values, json, new Check.IsJson());
      }
      default ->
          exchange(
              talk,
              form,
              values,
              points.getFirst().toUpperCase(Locale.ROOT),
              Check.Form.in(Check.LetterCase.UPPER));
    }
    if (form.equals("bullets") && frame.chance(0.4)) {
      follow(talk, frame, some);
    }
  }

  /** A second request about the form of what was just said. */
  private void follow(Talk talk, Frame frame, List<String> said) {
    String form = frame.pick(List.of("again_numbered", "again_upper", "again_one", "again_json"));
    Frame values = frame.fresh();
    switch (form) {
      case "again_numbered" ->
          exchange(talk, form, values, numbered(said), Check.Form.numbered(said.size()));
      case "again_upper" ->
          exchange(
              talk,
              form,
              values,
              lines(said, "- ").toUpperCase(Locale.ROOT),
              Check.all(Check.Form.bullets(said.size()), Check.Form.in(Check.LetterCase.UPPER)));
      case "again_one" ->
          exchange(
              talk,
              form,
              values,
              said.getFirst(),
              Check.all(Check.Form.sentences(1), new Check.Exactly(List.of(said.getFirst()))));
      default -> {
        exchange(
            talk,
            form,
            values,
            jsonList(said),
            Check.all(new Check.IsJson(), new Check.JsonEquals(jsonList(said))));
      }
    }
  }

  private void exchange(Talk talk, String form, Frame values, String reply, Check check) {
    talk.user(Noise.light(values.pick(asks(form)).fill(values), values));
    talk.assistant(reply);
    talk.expect("form", check);
  }

  private static String word(int n) {
    return List.of("zero", "one", "two", "three", "four", "five", "six").get(n);
  }

  private static String lines(List<String> points, String before) {
    return before + String.join("\n" + before, points);
  }

  private static String numbered(List<String> points) {
    var out = new StringBuilder();
    for (int i = 0; i < points.size(); i++) {
      out.append(i == 0 ? "" : "\n").append(i + 1).append(". ").append(points.get(i));
    }
    return out.toString();
  }

  private static String jsonList(List<String> points) {
    return "["
        + String.join(
            ", ", points.stream().map(each -> Json.mapper().writeValueAsString(each)).toList())
        + "]";
  }

  @Override
  public boolean hasHeldOut() {
    return asks.values().stream().anyMatch(each -> each.has(true));
  }

  @Override
  public int templates() {
    return asks.values().stream().mapToInt(Pool::size).sum();
  }
}
