package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.TextStyle;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Asking the clock when the time matters, and reading what it says. */
final class ClockSkill implements Skill {
  private static final DateTimeFormatter CLOCK =
      DateTimeFormatter.ofPattern("EEEE, d MMMM uuuu, HH:mm", Locale.ENGLISH);
  private static final List<String> ZONES =
      List.of(
          "UTC",
          "Z",
          "Europe/Berlin",
          "Europe/London",
          "America/New_York",
          "America/Los_Angeles",
          "Asia/Tokyo",
          "Asia/Kolkata",
          "Europe/Paris",
          "Australia/Sydney",
          "Etc/UTC",
          "GMT");
  private final Pool<Phrase> asks;
  private final List<Phrase> replies;
  private final Pool<Phrase> dayAsks;
  private final List<Phrase> dayReplies;

  ClockSkill() {
    List<Texts.Block> blocks = Texts.blocks("tools/clock.txt");
    asks = blocks.get(0).wordings(">");
    replies = blocks.get(0).phrases("<");
    dayAsks = blocks.get(1).wordings(">");
    dayReplies = blocks.get(1).phrases("<");
  }

  @Override
  public void compose(Talk talk) {
    Frame frame = talk.frame().fresh();
    LocalDateTime now = talk.today().atTime(frame.below(24), frame.below(60), frame.below(60));
    String weekday = now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
    String time = now.format(DateTimeFormatter.ofPattern("HH:mm", Locale.ROOT));
    frame.bind("time", time).bind("weekday", weekday).bind("today", talk.today().toString());
    boolean day =
        dayAsks.has(frame.heldOut()) && (!asks.has(frame.heldOut()) || frame.chance(0.35));
    talk.offer(BuiltInTools.ALL);
    talk.user(Noise.heavy(frame.pick(day ? dayAsks : asks).fill(frame), frame));
    talk.calls(BuiltInTools.CLOCK.name(), Map.of());
    talk.expect("call", new Check.Calls(BuiltInTools.CLOCK.name(), Map.of(), List.of()));
    talk.result(now.format(CLOCK) + " (" + frame.pick(ZONES) + ")");
    talk.assistant(frame.pick(day ? dayReplies : replies).fill(frame));
    talk.expect("answer", Check.says(day ? weekday : time));
  }

  @Override
  public boolean hasHeldOut() {
    return asks.has(true) || dayAsks.has(true);
  }

  @Override
  public int templates() {
    return asks.size() + dayAsks.size();
  }
}
