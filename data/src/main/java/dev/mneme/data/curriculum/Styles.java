package dev.mneme.data.curriculum;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Manners of speaking and the ways a person asks for one: as a standing preference in the system
 * message, or in the request itself. Words come from {@code style.txt}.
 */
final class Styles {
  private final Map<String, Texts.Block> byName = new LinkedHashMap<>();
  private final Map<String, Pool<Phrase>> standing = new LinkedHashMap<>();
  private final Map<String, Pool<Phrase>> asked = new LinkedHashMap<>();

  private final Map<String, List<Phrase>> wraps = new LinkedHashMap<>();

  Styles() {
    for (Texts.Block block : Texts.blocks("style.txt")) {
      byName.put(block.title(), block);
      standing.put(block.title(), block.wordings("-"));
      asked.put(block.title(), block.wordings(">"));
      wraps.put(block.title(), block.phrases("~"));
    }
  }

  Set<String> names() {
    return byName.keySet();
  }

  /** Chooses how to ask for the style and does so; returns the request as the user words it. */
  String ask(String style, String request, Talk talk) {
    Frame frame = talk.frame();
    Pool<Phrase> standingWords = pool(standing, style);
    Pool<Phrase> askedWords = pool(asked, style);
    if (talk.isEmpty() && frame.chance(0.6)) {
      talk.prefer(frame.pick(standingWords).fill(frame)).style(style);
      return request;
    }
    return frame.pick(askedWords).fill(frame.fresh().bind("request", request));
  }

  /** As a standing preference only. */
  void prefer(String style, Talk talk) {
    talk.prefer(talk.frame().pick(pool(standing, style)).fill(talk.frame())).style(style);
  }

  /** A full reply in the manner: with its opening or closing words. */
  String wrap(String style, String reply, Frame frame) {
    List<Phrase> wrappers = wraps.getOrDefault(style, List.of());
    return wrappers.isEmpty()
        ? reply
        : frame.pick(wrappers).fill(frame.fresh().bind("reply", reply));
  }

  private static Pool<Phrase> pool(Map<String, Pool<Phrase>> pools, String style) {
    Pool<Phrase> found = pools.get(style);
    if (found == null) {
      throw new IllegalArgumentException(
          "no style '" + style + "' in style.txt, only " + pools.keySet());
    }
    return found;
  }

  List<Pool<Phrase>> wordings() {
    var all = new ArrayList<Pool<Phrase>>(standing.values());
    all.addAll(asked.values());
    return all;
  }
}
