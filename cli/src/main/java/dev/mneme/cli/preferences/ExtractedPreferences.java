package dev.mneme.cli.preferences;

import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.cycle.PreferenceSource;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.preference.Extraction;
import java.util.ArrayList;
import java.util.Map;
import java.util.TreeMap;

/** What the extractor finds in the memory, as the trainer's port. */
public final class ExtractedPreferences implements PreferenceSource {
  private final MemoryStore memory;
  private final LearntPreferences preferences;

  /**
   * @param memory stays the caller's
   * @param preferences of the same installation
   */
  public ExtractedPreferences(MemoryStore memory, LearntPreferences preferences) {
    this.memory = memory;
    this.preferences = preferences;
  }

  @Override
  public Snapshot snapshot() {
    long sequence = memory.currentSequence();
    var pairs = new ArrayList<PreferencePair>();
    var rated = new ArrayList<RatedReply>();
    Map<String, Integer> dropped = new TreeMap<>();
    preferences.run(
        memory,
        LearntPreferences.Window.ALL,
        each -> {
          switch (each) {
            case Extraction.Pair pair -> pairs.add(pair.pair());
            case Extraction.Rated reply -> rated.add(reply.reply());
            case Extraction.Stated stated -> {
              // Already used in the prompt; the pairs it explains carry it as evidence.
            }
            case Extraction.Rejected rejected ->
                dropped.merge(rejected.reason().wireName(), 1, Integer::sum);
          }
        });
    return new Snapshot(sequence, pairs, rated, dropped);
  }
}
