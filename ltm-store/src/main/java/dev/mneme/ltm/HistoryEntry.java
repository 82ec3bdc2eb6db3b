package dev.mneme.ltm;

import java.time.Instant;
import java.util.List;

/**
 * One change of an owner's memory, for people to read.
 *
 * @param sequence its number, which {@link MemoryStore#undo} takes
 * @param at when it was made
 * @param kind {@code turn}, {@code forget}, {@code restore}, {@code revise}, {@code signal}, {@code
 *     fact}, {@code pair}, {@code trained}, {@code share}, {@code unshare}
 * @param ids turns or facts it touches
 * @param what in words
 */
public record HistoryEntry(long sequence, Instant at, String kind, List<String> ids, String what) {
  public HistoryEntry {
    ids = List.copyOf(ids);
  }

  static HistoryEntry of(JournalEntry entry) {
    return switch (entry.change()) {
      case Change.TurnAdded c ->
          new HistoryEntry(
              entry.seq(),
              entry.at(),
              "turn",
              List.of(c.turn().id()),
              c.turn().speaker()
                  + (c.echo() ? " repeated: " : ": ")
                  + head(c.turn().message().content()));
      case Change.TurnsForgotten c ->
          new HistoryEntry(entry.seq(), entry.at(), "forget", c.ids(), "forgotten: " + c.reason());
      case Change.TurnsRestored c ->
          new HistoryEntry(entry.seq(), entry.at(), "restore", c.ids(), "brought back");
      case Change.TurnRevised c ->
          new HistoryEntry(
              entry.seq(),
              entry.at(),
              "revise",
              List.of(c.oldId(), c.newId()),
              c.oldId() + " is now said by " + c.newId());
      case Change.SignalAdded c ->
          new HistoryEntry(
              entry.seq(),
              entry.at(),
              "signal",
              List.of(c.signal().turnId()),
              c.signal().getClass().getSimpleName());
      case Change.FactSet c ->
          new HistoryEntry(
              entry.seq(),
              entry.at(),
              "fact",
              c.fact().sourceTurn() == null
                  ? List.of(c.fact().id())
                  : List.of(c.fact().id(), c.fact().sourceTurn()),
              c.fact().subject()
                  + " "
                  + c.fact().attribute()
                  + " "
                  + c.fact().value()
                  + ": "
                  + c.fact().status()
                  + (c.fact().frequency() > 1 ? " (" + c.fact().frequency() + " times)" : ""));
      case Change.PairRecorded c ->
          new HistoryEntry(
              entry.seq(), entry.at(), "pair", c.turnIds(), "preference pair " + c.pair().id());
      case Change.Trained c ->
          new HistoryEntry(
              entry.seq(), entry.at(), "trained", c.turnIds(), "learnt by " + c.checkpoint());
      case Change.Granted c ->
          new HistoryEntry(
              entry.seq(),
              entry.at(),
              "grant",
              List.of(),
              c.user() + " may read " + c.collection());
      case Change.Revoked c ->
          new HistoryEntry(
              entry.seq(),
              entry.at(),
              "revoke",
              List.of(),
              c.user() + " may no longer read " + c.collection());
      case Change.Shared c ->
          new HistoryEntry(
              entry.seq(), entry.at(), "share", c.ids(), "shared with " + c.collection());
      case Change.Unshared c ->
          new HistoryEntry(
              entry.seq(),
              entry.at(),
              "unshare",
              c.ids(),
              "no longer shared with " + c.collection());
      case Change.Erased c ->
          new HistoryEntry(
              entry.seq(), entry.at(), "erased", List.of(), "a user was erased: " + c.subject());
    };
  }

  private static String head(String text) {
    return text.length() <= 120 ? text : text.substring(0, 120) + "...";
  }
}
