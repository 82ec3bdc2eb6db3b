package dev.mneme.evals.memory;

import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.nio.file.Path;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/**
 * Reads LongMemEval (Wu et al., "LongMemEval: Benchmarking Chat Assistants on Long-Term Interactive
 * Memory", ICLR 2025): one haystack of sessions a question. Questions whose id ends in {@code _abs}
 * have no answer and are unusable for retrieval, as in the authors' own evaluation.
 */
public final class LongMemEval {
  private static final DateTimeFormatter DATE =
      DateTimeFormatter.ofPattern("uuuu/MM/dd HH:mm", Locale.ENGLISH);

  private LongMemEval() {}

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException when it is not a LongMemEval file
   */
  public static MemoryDataset read(Path file) {
    JsonNode root = Locomo.parse(file);
    if (!root.isArray() || root.isEmpty() || !root.get(0).has("haystack_sessions")) {
      throw new IllegalArgumentException(
          file
              + " is not a LongMemEval file: expected an array of objects with"
              + " `haystack_sessions`");
    }
    List<MemoryDataset.Conversation> conversations = new ArrayList<>();
    int unusable = 0;
    for (JsonNode each : root) {
      String id = each.path("question_id").asString("");
      Set<String> sessions = new LinkedHashSet<>();
      for (JsonNode session : each.path("answer_session_ids")) {
        sessions.add(session.asString(""));
      }
      if (id.endsWith("_abs") || sessions.isEmpty()) {
        unusable++;
        continue;
      }
      var scope = new Scope("longmemeval", id, "assistant", "question");
      List<Turn> turns = new ArrayList<>();
      Set<String> evidence = new LinkedHashSet<>();
      JsonNode haystack = each.path("haystack_sessions");
      for (int s = 0; s < haystack.size(); s++) {
        String name = each.path("haystack_session_ids").path(s).asString("session_" + s);
        Instant date = date(each.path("haystack_dates").path(s).asString(""));
        int index = 0;
        for (JsonNode message : haystack.get(s)) {
          Role role =
              message.path("role").asString("").equals("assistant") ? Role.ASSISTANT : Role.USER;
          String text = message.path("content").asString("");
          String turnId = name + "#" + s + "/" + index;
          if (!text.isBlank()) {
            turns.add(
                new Turn(
                    turnId,
                    scope.withSession(name),
                    index,
                    role.wireName(),
                    new Message(role, text, List.of(), null),
                    date.plusSeconds(index),
                    null,
                    null));
            if (message.path("has_answer").asBoolean(false)) {
              evidence.add(turnId);
            }
          }
          index++;
        }
      }
      @Nullable Instant asked =
          each.has("question_date") ? date(each.path("question_date").asString("")) : null;
      conversations.add(
          new MemoryDataset.Conversation(
              scope,
              turns,
              List.of(
                  new MemoryDataset.Question(
                      id,
                      each.path("question").asString(""),
                      each.path("question_type").asString("all"),
                      evidence,
                      sessions,
                      asked))));
    }
    return new MemoryDataset("longmemeval", conversations, unusable);
  }

  /** For example {@code 2023/05/20 (Sat) 02:21}. */
  private static Instant date(String text) {
    try {
      return LocalDateTime.parse(text.replaceAll("\\s*\\([^)]*\\)\\s*", " ").strip(), DATE)
          .toInstant(ZoneOffset.UTC);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "expected a LongMemEval date such as `2023/05/20 (Sat) 02:21`, got `" + text + "`", e);
    }
  }
}
