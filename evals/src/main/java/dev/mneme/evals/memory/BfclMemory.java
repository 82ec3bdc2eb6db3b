package dev.mneme.evals.memory;

import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import tools.jackson.databind.JsonNode;

/**
 * Reads the memory questions of the Berkeley Function Calling Leaderboard, version 4: the
 * questions' file, with the prerequisite conversations and the answers in their folders beside it.
 *
 * <p>The turn that holds an answer is the user's turn that contains the answer's {@code source}
 * quote, compared by letters and digits only, by its longest stretch between ellipses. Questions
 * whose quote is in no turn (their source is a list in other words) are unusable and counted.
 */
public final class BfclMemory {
  private static final Instant BEGIN = Instant.parse("2025-01-01T09:00:00Z");

  private BfclMemory() {}

  /**
   * Reads the questions' file or the folder it is in.
   *
   * @throws IllegalArgumentException when files are missing
   */
  public static MemoryDataset read(Path given) {
    Path file = Files.isDirectory(given) ? given.resolve("BFCL_v4_memory.json") : given;
    Path folder = file.toAbsolutePath().getParent();
    Path answers =
        folder == null ? file : folder.resolve("possible_answer").resolve(file.getFileName());
    if (folder == null || !Files.exists(file) || !Files.exists(answers)) {
      throw new IllegalArgumentException(
          file
              + " is not a BFCL memory file: expected it beside `possible_answer/` and"
              + " `memory_prereq_conversation/`");
    }
    Map<String, String> sources = new HashMap<>();
    for (JsonNode each : JsonLines.readAll(answers, JsonNode.class)) {
      sources.put(each.path("id").asString(""), each.path("source").asString(""));
    }
    Map<String, List<Turn>> turns = new LinkedHashMap<>();
    Map<String, List<MemoryDataset.Question>> questions = new LinkedHashMap<>();
    int unusable = 0;
    for (JsonNode each : JsonLines.readAll(file, JsonNode.class)) {
      String scenario = each.path("scenario").asString("");
      List<Turn> said = turns.computeIfAbsent(scenario, s -> conversation(folder, s));
      String id = each.path("id").asString("");
      Set<String> evidence = new LinkedHashSet<>();
      Set<String> sessions = new LinkedHashSet<>();
      String quote = longestStretch(sources.getOrDefault(id, ""));
      for (Turn turn : said) {
        if (!quote.isEmpty() && plain(turn.message().content()).contains(quote)) {
          evidence.add(turn.id());
          sessions.add(turn.scope().session());
        }
      }
      if (evidence.isEmpty()) {
        unusable++;
        continue;
      }
      questions
          .computeIfAbsent(scenario, s -> new ArrayList<>())
          .add(
              new MemoryDataset.Question(
                  id,
                  each.path("question").path(0).path(0).path("content").asString(""),
                  scenario,
                  evidence,
                  sessions,
                  null));
    }
    List<MemoryDataset.Conversation> conversations = new ArrayList<>();
    turns.forEach(
        (scenario, said) ->
            conversations.add(
                new MemoryDataset.Conversation(
                    scope(scenario), said, questions.getOrDefault(scenario, List.of()))));
    return new MemoryDataset("bfcl-memory", conversations, unusable);
  }

  private static Scope scope(String scenario) {
    return new Scope("bfcl", scenario, "assistant", "questions");
  }

  private static List<Turn> conversation(Path folder, String scenario) {
    Path file =
        folder.resolve("memory_prereq_conversation").resolve("memory_" + scenario + ".json");
    List<Turn> turns = new ArrayList<>();
    int session = 0;
    for (JsonNode part : JsonLines.readAll(file, JsonNode.class)) {
      int index = 0;
      for (JsonNode messages : part.path("question")) {
        for (JsonNode message : messages) {
          if (message.path("role").asString("").equals("user")) {
            turns.add(
                new Turn(
                    scenario + "-" + session + "-" + index,
                    scope(scenario).withSession("session_" + session),
                    index,
                    "user",
                    Message.user(message.path("content").asString("")),
                    BEGIN.plusSeconds(86_400L * session + 60L * index),
                    null,
                    null));
            index++;
          }
        }
      }
      session++;
    }
    return turns;
  }

  private static String longestStretch(String source) {
    return Arrays.stream(source.split("\\.\\.\\.|\u2026"))
        .map(BfclMemory::plain)
        .max(Comparator.comparingInt(String::length))
        .orElse("");
  }

  private static String plain(String text) {
    return text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}]+", " ").strip();
  }
}
