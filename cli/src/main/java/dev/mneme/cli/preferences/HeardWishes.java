package dev.mneme.cli.preferences;

import dev.mneme.agent.sim.Wishes;
import dev.mneme.data.Turn;
import dev.mneme.preference.StatedPreference;
import dev.mneme.preference.WishReader;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** The reader of wishes behind a simulation's port: what a chat hears, a simulated agent hears. */
public final class HeardWishes implements Wishes {
  private final List<StatedPreference> stated = new ArrayList<>();

  @Override
  public void heard(Turn turn) {
    stated.addAll(WishReader.read(turn));
  }

  @Override
  public List<String> standing(String session, Instant now) {
    return StatedPreference.instructions(stated, session, now);
  }
}
