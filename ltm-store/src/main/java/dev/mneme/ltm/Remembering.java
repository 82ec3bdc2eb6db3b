package dev.mneme.ltm;

import dev.mneme.data.Turn;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What happens inside a write, on the writer's thread. */
final class Remembering {
  private Remembering() {}

  static Receipt remember(Committer.Transaction transaction, List<Turn> turns) {
    record Key(Owner owner, String id) {}
    List<Turn> fresh = new ArrayList<>(turns.size());
    Map<Key, Turn> inBatch = new HashMap<>();
    int known = 0;
    for (Turn turn : turns) {
      Owner owner = Owner.of(turn.scope());
      Turn twin = inBatch.put(new Key(owner, turn.id()), turn);
      Optional<TurnRow> stored =
          Ledger.space(transaction.handle(), owner)
              .flatMap(space -> Ledger.turn(transaction.handle(), space, turn.id()));
      boolean same =
          twin != null ? twin.equals(turn) : stored.isPresent() && stored.get().sameWords(turn);
      if (twin == null && stored.isEmpty()) {
        fresh.add(turn);
      } else if (same) {
        known++;
      } else {
        throw new IllegalArgumentException(
            "turn "
                + turn.id()
                + " of "
                + owner
                + " is already stored with other words; give the new turn an id of its own");
      }
    }
    long sequence = 0;
    for (Turn turn : fresh) {
      sequence = transaction.append(new Change.TurnAdded(turn, false));
    }
    if (sequence == 0) {
      sequence = Ledger.lastSequence(transaction.handle());
    }
    return new Receipt(sequence, turns.stream().map(Turn::id).toList(), known, 0, List.of());
  }

  static long forget(
      Committer.Transaction transaction, Owner owner, List<String> ids, String reason) {
    requireTurns(transaction, owner, ids);
    return transaction.append(new Change.TurnsForgotten(owner, ids, reason));
  }

  static int requireTurns(Committer.Transaction transaction, Owner owner, List<String> ids) {
    if (ids.isEmpty()) {
      throw new IllegalArgumentException("no turn ids were given");
    }
    int space =
        Ledger.space(transaction.handle(), owner)
            .orElseThrow(
                () -> new IllegalArgumentException(owner + " has no memory in this store"));
    List<String> found =
        transaction
            .handle()
            .createQuery(
                "select t.id from unnest(:i) u(id) join turn t on t.space_id = :p and t.id = u.id")
            .bind("p", space)
            .bind("i", ids.toArray(String[]::new))
            .mapTo(String.class)
            .list();
    if (found.size() < ids.size()) {
      List<String> missing = new ArrayList<>(ids);
      missing.removeAll(found);
      throw new IllegalArgumentException(
          owner
              + " has no turn "
              + String.join(", ", missing.subList(0, Math.min(5, missing.size()))));
    }
    return space;
  }
}
