package dev.mneme.agent;

import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import dev.mneme.data.Turn;
import java.util.List;

/**
 * The port behind which an agent's long-term memory stands.
 *
 * <p>Thread-safe. Every call names a {@link Scope}; nothing of another tenant or user may come
 * back. All methods throw {@link AgentMemoryException} when the store fails.
 */
public interface AgentMemory extends AutoCloseable {
  /**
   * The memories of the scope's user that help with the query, most useful first.
   *
   * @param limit at most this many
   */
  List<RecalledMemory> recall(Scope scope, String query, int limit);

  /** Logs a turn, and with it what can be recalled later; durable when this returns. */
  void log(Turn turn);

  /** The newest turns of the scope's session in order of index, at most {@code limit}. */
  List<Turn> recentTurns(Scope scope, int limit);

  /** The turns of the scope's user with these ids, in that order; unknown ones are left out. */
  List<Turn> turns(Scope scope, List<String> ids);

  /** Records feedback on a turn; durable when this returns. */
  void record(Scope scope, Signal signal);

  /** The sessions of the scope's user and agent, the one spoken in last first. */
  List<SessionInfo> sessions(Scope scope);

  /** Forgets turns and every memory that came from them. Unknown ids are ignored. */
  void forget(Scope scope, List<String> turnIds);

  @Override
  void close();
}
