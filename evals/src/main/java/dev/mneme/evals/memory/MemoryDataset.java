package dev.mneme.evals.memory;

import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Conversations and questions about them.
 *
 * @param name where it came from
 * @param conversations what is to be remembered, with what is to be asked
 * @param unusable questions left out because their evidence names nothing that exists
 */
public record MemoryDataset(String name, List<Conversation> conversations, int unusable) {
  public MemoryDataset {
    conversations = List.copyOf(conversations);
  }

  /**
   * One memory's worth.
   *
   * @param scope whose memory; the session differs by turn
   * @param turns all turns of all sessions, in order
   * @param questions asked after all of it
   */
  public record Conversation(Scope scope, List<Turn> turns, List<Question> questions) {
    public Conversation {
      turns = List.copyOf(turns);
      questions = List.copyOf(questions);
    }
  }

  /**
   * A question with known evidence.
   *
   * @param id names it within the dataset
   * @param text what is asked
   * @param category the dataset's own name of its kind
   * @param turns ids of the turns that hold the answer; empty when known by session only
   * @param sessions names of the sessions that hold the answer
   * @param asked when; null for after everything
   */
  public record Question(
      String id,
      String text,
      String category,
      Set<String> turns,
      Set<String> sessions,
      @Nullable Instant asked) {
    public Question {
      turns = Set.copyOf(turns);
      sessions = Set.copyOf(sessions);
    }
  }
}
