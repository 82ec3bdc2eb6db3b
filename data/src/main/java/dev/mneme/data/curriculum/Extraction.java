package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import dev.mneme.data.Json;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Picking named values out of a sentence, as JSON or plainly.
 *
 * <pre>
 * == meeting                              in extraction/sentences.txt
 * keys: person=name, city=place, age=age#      slot=key; "#" writes a number
 * + {person}, {age}, lives in {city}.
 * </pre>
 *
 * Some of the texts to train on are notes instead, of keys from {@code extraction/notes.txt} that
 * have nothing to do with each other.
 */
final class Extraction implements Skill {
  private static final List<String> JOINTS = List.of(", ", "; ", ". ", "\n", " | ", " / ");

  private record Key(String slot, String name, boolean number) {}

  private record Source(List<Key> keys, Pool<Phrase> texts) {}

  /** A text and the keys whose values stand in it. */
  private record Passage(String text, List<Key> keys) {}

  private final List<Source> sources = new ArrayList<>();
  private final List<Key> noteKeys;
  private final List<Phrase> noteForms;
  private final Map<String, Texts.Block> asks = Texts.byTitle("extraction/ask.txt");
  private final Pool<Phrase> json;
  private final Pool<Phrase> one;
  private final Pool<Phrase> follow;
  private final Pool<Phrase> more;

  Extraction() {
    for (Texts.Block block : Texts.blocks("extraction/sentences.txt")) {
      var keys = new ArrayList<Key>();
      for (String each : block.property("keys").split(",")) {
        keys.add(key(each));
      }
      sources.add(new Source(List.copyOf(keys), block.wordings("+")));
    }
    Map<String, Texts.Block> notes = Texts.byTitle("extraction/notes.txt");
    noteKeys = Memories.block(notes, "keys").of("+").stream().map(Extraction::key).toList();
    noteForms = Memories.block(notes, "forms").phrases("+");
    json = Memories.block(asks, "json").wordings(">");
    one = Memories.block(asks, "one").wordings(">");
    follow = Memories.block(asks, "follow").wordings(">");
    more = Memories.block(asks, "more").wordings(">");
  }

  @Override
  public void compose(Talk talk) {
    Frame frame = talk.frame().fresh().unknowns(0.5);
    talk.close().offer(frame.chance(0.4) ? BuiltInTools.ALL : List.of());
    // Held-out are the sentences: a note has no wording that could be.
    Passage passage = !frame.heldOut() && frame.chance(0.35) ? note(frame) : sentence(frame);
    String text = passage.text();
    List<Key> present = passage.keys();
    if (one.has(frame.heldOut()) && frame.chance(0.2)) {
      Key key = frame.pick(present);
      askOne(talk, one, key, text, frame);
      return;
    }
    var chosen = new ArrayList<>(present);
    // Keys are asked in any order, and not always all of them.
    for (int i = chosen.size() - 1; i > 0 && frame.chance(0.5); i--) {
      Collections.swap(chosen, i, frame.below(i + 1));
    }
    while (chosen.size() > 1 && frame.chance(0.3)) {
      chosen.removeLast();
    }
    List<String> names = chosen.stream().map(Key::name).toList();
    Frame request = frame.fresh();
    request.bind("text", text);
    request.bind("keys", list(names));
    request.bind("commas", String.join(", ", names));
    talk.user(frame.pick(json).fill(request));
    reply(talk, chosen, frame);
    if (present.size() > chosen.size() && frame.chance(0.4)) {
      var rest = new ArrayList<>(present);
      rest.removeAll(chosen);
      Key key = frame.pick(rest);
      talk.user(frame.pick(more).fill(frame.fresh().bind("key", key.name())));
      chosen.add(key);
      reply(talk, chosen, frame);
    } else if (frame.chance(0.3)) {
      askOne(talk, follow, frame.pick(present), text, frame);
    }
  }

  private static Key key(String text) {
    String[] sides = text.strip().split("=");
    String name = sides[sides.length - 1];
    return new Key(sides[0], name.replace("#", ""), name.endsWith("#"));
  }

  private Passage sentence(Frame frame) {
    Source source = frame.pick(sources);
    String text = frame.pick(source.texts()).fill(frame);
    return new Passage(
        text,
        source.keys().stream().filter(key -> text.contains(frame.value(key.slot()))).toList());
  }

  /** Two to six keys with their values, written in one way. */
  private Passage note(Frame frame) {
    var keys = new ArrayList<Key>();
    var names = new HashSet<String>();
    for (int wanted = 2 + frame.below(5); keys.size() < wanted; ) {
      Key key = frame.pick(noteKeys);
      if (names.add(key.name())) {
        keys.add(key);
      }
    }
    Phrase form = frame.pick(noteForms);
    String text =
        keys.stream()
            .map(
                key ->
                    form.fill(
                        frame
                            .fresh()
                            .bind("key", key.name())
                            .bind("value", frame.value(key.slot()))))
            .collect(Collectors.joining(frame.pick(JOINTS)));
    return new Passage(text, keys);
  }

  private static void askOne(Talk talk, Pool<Phrase> asks, Key key, String text, Frame frame) {
    Frame request = frame.fresh().bind("text", text).bind("key", key.name());
    talk.user(frame.pick(asks).fill(request));
    String value = frame.value(key.slot());
    talk.assistant(value);
    talk.expect("exact", new Check.Exactly(List.of(value)));
  }

  private static void reply(Talk talk, List<Key> keys, Frame frame) {
    var out = new StringBuilder("{");
    for (Key each : keys) {
      String value = frame.value(each.slot());
      out.append(out.length() == 1 ? "" : ", ")
          .append(quoted(each.name()))
          .append(": ")
          .append(each.number() ? value : quoted(value));
    }
    String object = out.append('}').toString();
    talk.assistant(object);
    talk.expect("parse", new Check.IsJson());
    talk.expect("exact", new Check.JsonEquals(object));
  }

  private static String quoted(String text) {
    return Json.mapper().writeValueAsString(text);
  }

  /** "name, place and date". */
  static String list(List<String> words) {
    return words.size() == 1
        ? words.getFirst()
        : String.join(", ", words.subList(0, words.size() - 1)) + " and " + words.getLast();
  }

  @Override
  public boolean hasHeldOut() {
    return json.has(true);
  }

  @Override
  public int templates() {
    return json.size()
        + one.size()
        + follow.size()
        + more.size()
        + sources.stream().mapToInt(each -> each.texts().size()).sum();
  }
}
