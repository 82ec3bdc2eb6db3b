package dev.mneme.ltm;

import java.util.List;

/**
 * Something outside the store that holds a person's words, or learnt from them: pair files, input
 * histories, checkpoints. Called by {@link MemoryStore#erase} on the caller's thread.
 */
public interface Erasable {
  /** What it is, for the receipt. */
  String name();

  /** Removes a person's data; harmless when there is none, so that it can be repeated. */
  Removed erase(String tenant, String user);

  /** Searches again: how many things of the person are still there, or still unmarked. */
  long left(String tenant, String user);

  /**
   * What was done.
   *
   * @param things how many things were removed
   * @param checkpoints models that learnt from the person, as they should be named to people
   */
  record Removed(int things, List<String> checkpoints) {
    public Removed {
      checkpoints = List.copyOf(checkpoints);
    }

    public static Removed things(int count) {
      return new Removed(count, List.of());
    }
  }
}
