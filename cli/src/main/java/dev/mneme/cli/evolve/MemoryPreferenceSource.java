package dev.mneme.cli.evolve;

import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.cycle.PreferenceSource;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.preference.Extraction;
import dev.mneme.preference.ExtractorState;
import dev.mneme.preference.PreferenceExtractor;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * The cycle's preferences: what the extractor finds in a snapshot of the memory, censored and weighted.
 *
 * <p>The memory is borrowed for the snapshot only, so that a chat can use it while training runs.
 */
public final class MemoryPreferenceSource implements PreferenceSource {
  /** Lends the memory for as long as a function runs. */
  public interface Lender {
    <T> T lend(Function<MemoryStore, T> use);
  }

  private final Lender memory;
  private final Function<MemoryStore, StoreHistory> history;
  private final PreferenceExtractor extractor;
  private final ExtractorState state;

  public MemoryPreferenceSource(
      Lender memory,
      Function<MemoryStore, StoreHistory> history,
      PreferenceExtractor extractor,
      ExtractorState state) {
    this.memory = memory;
    this.history = history;
    this.extractor = extractor;
    this.state = state;
  }

  @Override
  public Snapshot snapshot() {
    return memory.lend(
        store -> {
          long sequence = store.currentSequence();
          List<PreferencePair> pairs = new ArrayList<>();
          List<RatedReply> replies = new ArrayList<>();
          Map<String, Integer> dropped = new TreeMap<>();
          extractor.extract(
              history.apply(store),
              state,
              extraction -> {
                switch (extraction) {
                  case Extraction.Pair pair -> pairs.add(pair.pair());
                  case Extraction.Rated rated -> replies.add(rated.reply());
                  case Extraction.Stated ignored -> {}
                  case Extraction.Rejected rejected ->
                      dropped.merge(
                          rejected.reason().toString().toLowerCase(Locale.ROOT).replace('_', ' '),
                          1,
                          Integer::sum);
                }
              });
          return new Snapshot(sequence, pairs, replies, dropped);
        });
  }
}
