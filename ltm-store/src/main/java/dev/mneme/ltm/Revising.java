package dev.mneme.ltm;

import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** Corrections by hand, and taking changes back. On the writer's thread, except history. */
final class Revising {
  private Revising() {}

  static Receipt revise(Committer.Transaction transaction, Owner owner, String id, String text) {
    Handle handle = transaction.handle();
    int space = space(handle, owner);
    Optional<TurnRow> turn = Ledger.turn(handle, space, id);
    if (turn.isPresent()) {
      Turn old = turn.get().turn();
      if (turn.get().revisedBy() != null) {
        throw new IllegalArgumentException(
            "turn " + id + " was revised already; revise " + turn.get().revisedBy() + " instead");
      }
      int version = 2;
      while (Ledger.turn(handle, space, id + "~" + version).isPresent()) {
        version++;
      }
      Turn better =
          new Turn(
              id + "~" + version,
              old.scope(),
              old.index(),
              old.speaker(),
              new Message(
                  old.message().role(),
                  text,
                  old.message().toolCalls(),
                  old.message().toolCallId()),
              old.at(),
              old.replyTo(),
              old.provenance());
      Admission.check(better);
      transaction.append(new Change.TurnAdded(better, false));
      long sequence = transaction.append(new Change.TurnRevised(owner, id, better.id()));
      return new Receipt(sequence, List.of(better.id()), 0, 0, List.of());
    }
    Fact old =
        Ledger.fact(handle, space, id)
            .orElseThrow(() -> new IllegalArgumentException(owner + " has no turn or fact " + id));
    Fact fact = state(transaction, owner, old.subject(), old.attribute(), text);
    return new Receipt(Ledger.lastSequence(handle), List.of(fact.id()), 0, 0, List.of(fact));
  }

  static Fact state(
      Committer.Transaction transaction,
      Owner owner,
      String subject,
      String attribute,
      String value) {
    Handle handle = transaction.handle();
    Instant now = transaction.now();
    @Nullable Fact superseded = null;
    List<Fact> current =
        Ledger.space(handle, owner)
            .map(space -> Ledger.currentFacts(handle, space, subject, attribute))
            .orElse(List.of());
    for (Fact each : current) {
      if (Remembering.sameValue(each.value(), value)) {
        return each;
      }
    }
    for (Fact each : current) {
      transaction.append(
          new Change.FactSet(owner, each.ended(Fact.Status.SUPERSEDED, now, now), false));
      superseded = each;
    }
    var fact =
        new Fact(
            Hashes.sha256(now.toString(), subject, attribute, value).substring(0, 16),
            subject,
            attribute,
            value,
            1,
            now,
            null,
            now,
            superseded == null ? null : superseded.sourceTurn(),
            1,
            Fact.Status.CURRENT,
            superseded == null ? null : superseded.id(),
            null,
            null);
    transaction.append(new Change.FactSet(owner, fact, false));
    return fact;
  }

  static long undo(
      Committer.Transaction transaction, Remembering remembering, Owner owner, long sequence) {
    Handle handle = transaction.handle();
    int space = space(handle, owner);
    List<JournalEntry> found = Ledger.changesOf(handle, space, sequence - 1, 1);
    if (found.isEmpty() || found.getFirst().seq() != sequence) {
      throw new IllegalArgumentException(
          owner + " has no change " + sequence + "; see its history for the numbers");
    }
    JournalEntry entry = found.getFirst();
    return switch (entry.change()) {
      case Change.TurnAdded c ->
          remembering.forget(transaction, owner, List.of(c.turn().id()), "undone");
      case Change.TurnsForgotten c -> {
        long last = transaction.append(new Change.TurnsRestored(owner, c.ids()));
        // The facts that fell with the turns stand right behind the change, in its transaction.
        for (JournalEntry next : Ledger.changesOf(handle, space, sequence, 10_000)) {
          if (!next.at().equals(entry.at()) || !(next.change() instanceof Change.FactSet set)) {
            break;
          }
          last = backToBefore(transaction, owner, space, set.fact(), next.seq());
        }
        yield last;
      }
      case Change.TurnsRestored c -> remembering.forget(transaction, owner, c.ids(), "undone");
      case Change.TurnRevised c -> {
        transaction.append(new Change.TurnsRestored(owner, List.of(c.oldId())));
        yield remembering.forget(transaction, owner, List.of(c.newId()), "undone");
      }
      case Change.FactSet c -> {
        long last = backToBefore(transaction, owner, space, c.fact(), sequence);
        String before = c.fact().supersedes();
        Optional<Fact> superseded =
            c.fact().status() == Fact.Status.CURRENT && before != null
                ? Ledger.fact(handle, space, before)
                : Optional.empty();
        if (superseded.isPresent() && superseded.get().status() == Fact.Status.SUPERSEDED) {
          last =
              transaction.append(
                  new Change.FactSet(
                      owner,
                      superseded.get().ended(Fact.Status.CURRENT, null, transaction.now()),
                      false));
        }
        yield last;
      }
      case Change.Shared c ->
          transaction.append(new Change.Unshared(owner, c.collection(), c.ids()));
      case Change.Unshared c ->
          transaction.append(new Change.Shared(owner, c.collection(), c.ids()));
      case Change.SignalAdded c -> throw cannot("a judgement", "give another judgement");
      case Change.PairRecorded c -> throw cannot("a preference pair", "forget its turns");
      case Change.Trained c -> throw cannot("a training", "roll the checkpoint back");
      case Change.Granted c -> throw cannot("a grant", "revoke it");
      case Change.Revoked c -> throw cannot("a revocation", "grant again");
      case Change.Erased c -> throw cannot("an erasure", "nothing brings it back");
    };
  }

  private static IllegalArgumentException cannot(String what, String instead) {
    return new IllegalArgumentException(what + " cannot be undone; " + instead);
  }

  private static long backToBefore(
      Committer.Transaction transaction, Owner owner, int space, Fact fact, long sequence) {
    List<Fact> before =
        Ledger.facts(
            transaction.handle(),
            "space_id = :p and id = :i and seq < :q",
            Map.of("p", space, "i", fact.id(), "q", sequence));
    Fact back =
        before.isEmpty()
            ? fact.ended(Fact.Status.RETRACTED, fact.validTo(), transaction.now())
            : before.getLast().at(transaction.now());
    return transaction.append(new Change.FactSet(owner, back, false));
  }

  static List<HistoryEntry> history(Handle handle, Owner owner, @Nullable String id, int limit) {
    Optional<Integer> space = Ledger.space(handle, owner);
    if (space.isEmpty()) {
      return List.of();
    }
    List<HistoryEntry> found = new ArrayList<>();
    long before = Long.MAX_VALUE;
    while (found.size() < limit) {
      List<JournalEntry> page = Ledger.changesBefore(handle, space.get(), before, 500);
      for (JournalEntry each : page) {
        HistoryEntry entry = HistoryEntry.of(each);
        if ((id == null || entry.ids().contains(id)) && found.size() < limit) {
          found.add(entry);
        }
      }
      if (page.size() < 500) {
        break;
      }
      before = page.getLast().seq();
    }
    return found;
  }

  private static int space(Handle handle, Owner owner) {
    return Ledger.space(handle, owner)
        .orElseThrow(() -> new IllegalArgumentException(owner + " has no memory in this store"));
  }
}
