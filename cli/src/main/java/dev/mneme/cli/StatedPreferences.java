package dev.mneme.cli;

import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Owner;
import dev.mneme.ltm.Selection;
import dev.mneme.ltm.Stored;
import dev.mneme.preference.StatedPreference;
import dev.mneme.preference.WishReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * What a person asked for in general ("keep it short"), read from their own turns and used in the
 * prompt at once, before any training.
 *
 * <p>Keeps what it has read and asks the store only for turns that came since. One thread.
 */
final class StatedPreferences {
  private final MemoryStore store;
  private final List<StatedPreference> wishes = new ArrayList<>();
  private long readUpTo;

  StatedPreferences(MemoryStore store) {
    this.store = store;
  }

  /** Instructions that hold in this session now, one line each. */
  List<String> holding(Scope scope, Instant now) {
    var owner = new Selection.One(Owner.of(scope));
    try (Stream<Stored<Turn>> fresh = store.turns(owner, readUpTo)) {
      fresh.forEach(
          turn -> {
            readUpTo = Math.max(readUpTo, turn.sequence());
            if (turn.value().message().role() == Role.USER) {
              wishes.addAll(WishReader.read(turn.value()));
            }
          });
    }
    return StatedPreference.resolve(wishes).stream()
        .filter(wish -> wish.holds(scope.session(), now))
        .map(StatedPreference::instruction)
        .distinct()
        .toList();
  }
}
