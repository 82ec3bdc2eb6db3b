package dev.mneme.cli.preferences;

import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Owner;
import dev.mneme.ltm.Selection;
import dev.mneme.ltm.Stored;
import dev.mneme.preference.StatedPreference;
import dev.mneme.preference.WishReader;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Stream;

/**
 * What a person asked for in words and still wants, for the prompt of their next reply: heard as
 * soon as it is remembered, long before anything is trained.
 *
 * <p>Each owner's turns are read once and then only what is new. Thread-safe.
 */
public final class StandingWishes implements Function<Scope, List<String>> {
  private final MemoryStore memory;
  private final InstantSource clock;
  private final Map<Owner, Heard> heard = new HashMap<>();

  private static final class Heard {
    long upTo;
    final List<StatedPreference> wishes = new ArrayList<>();
  }

  /**
   * @param memory stays the caller's
   * @param clock decides which wishes still hold
   */
  public StandingWishes(MemoryStore memory, InstantSource clock) {
    this.memory = memory;
    this.clock = clock;
  }

  @Override
  public synchronized List<String> apply(Scope scope) {
    Owner owner = Owner.of(scope);
    Heard known = heard.computeIfAbsent(owner, o -> new Heard());
    try (Stream<Stored<Turn>> turns = memory.turns(new Selection.One(owner), known.upTo)) {
      turns.forEachOrdered(
          each -> {
            known.wishes.addAll(WishReader.read(each.value()));
            known.upTo = each.sequence();
          });
    }
    known.wishes.removeIf(wish -> memory.turn(owner, wish.turnId()).isEmpty());
    return StatedPreference.instructions(known.wishes, scope.session(), clock.instant());
  }
}
