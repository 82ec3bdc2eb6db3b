package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import java.util.List;

/** Tools are offered and not needed: what other skills ask is answered without them. */
final class NoCall implements Skill {
  private final List<Skill> others;

  NoCall(List<Skill> others) {
    this.others = others;
  }

  @Override
  public void compose(Talk talk) {
    List<Skill> usable =
        talk.heldOut() ? others.stream().filter(Skill::hasHeldOut).toList() : others;
    talk.frame().pick(usable).compose(talk);
    talk.offer(BuiltInTools.ALL);
    talk.expectOfFirstReply("call", new Check.CallsNothing());
  }

  @Override
  public boolean hasHeldOut() {
    return others.stream().anyMatch(Skill::hasHeldOut);
  }

  @Override
  public int templates() {
    return others.stream().mapToInt(Skill::templates).sum();
  }
}
