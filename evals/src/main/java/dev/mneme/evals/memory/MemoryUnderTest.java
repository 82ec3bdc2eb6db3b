package dev.mneme.evals.memory;

import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The port to the memory that is measured. */
public interface MemoryUnderTest {
  /** Keeps the turns of one conversation. */
  void remember(List<Turn> turns);

  /** Ids of the turns that answer best, best first, at most {@code limit}. */
  List<String> turns(Scope scope, String question, @Nullable Instant asked, int limit);

  /** Names of the sessions that answer best, best first, at most {@code limit}. */
  List<String> sessions(Scope scope, String question, @Nullable Instant asked, int limit);
}
