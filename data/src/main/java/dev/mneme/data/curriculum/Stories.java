package dev.mneme.data.curriculum;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Running prose from a small grammar, for fluency: each block of {@code prose/*.txt} is a rule, its
 * "+" lines are what it can become, and {@code {rule}} inside a line is that rule again.
 */
final class Stories implements Skill {
  private final Map<String, List<Phrase>> rules = new LinkedHashMap<>();
  private final Pool<Phrase> starts;

  Stories(String file) {
    for (Texts.Block block : Texts.blocks(file)) {
      rules.put(block.title(), block.phrases("+"));
    }
    List<Phrase> start = rules.get("start");
    if (start == null) {
      throw new IllegalArgumentException(file + ": needs a block '== start'");
    }
    starts = Pool.split(start, Phrase::source);
  }

  @Override
  public void compose(Talk talk) {
    talk.prose(tell(talk.frame()));
  }

  String tell(Frame parent) {
    Frame frame = parent.fresh();
    frame.rules(rules);
    return frame.pick(starts).fill(frame);
  }

  @Override
  public boolean hasHeldOut() {
    return starts.has(true);
  }

  @Override
  public int templates() {
    return new ArrayList<>(rules.values()).stream().mapToInt(List::size).sum();
  }
}
