package dev.mneme.evals.memory;

import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.nio.file.Path;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * Reads LoCoMo (Maharana et al., "Evaluating Very Long-Term Conversational Memory of LLM Agents",
 * ACL 2024) in the format of its authors' file.
 *
 * <p>Its traps: evidence such as {@code "D8:6; D9:17"}, {@code "D:11:26"} or {@code "D30:05"} is
 * read for what it means; evidence that names no turn is left out, and a question without any is
 * counted as unusable; dates without a session are ignored; pictures count by their captions.
 * Category ids: 1 multi-hop, 2 temporal, 3 open-domain, 4 single-hop, 5 adversarial.
 */
public final class Locomo {
  private static final Pattern EVIDENCE = Pattern.compile("D:?(\\d+):(\\d+)");
  private static final DateTimeFormatter DATE =
      new DateTimeFormatterBuilder()
          .parseCaseInsensitive()
          .appendPattern("h:mm a 'on' d MMMM, uuuu")
          .toFormatter(Locale.ENGLISH);

  private Locomo() {}

  /**
   * Reads the file.
   *
   * @throws IllegalArgumentException when it is not a LoCoMo file
   */
  public static MemoryDataset read(Path file) {
    JsonNode root = parse(file);
    if (!root.isArray() || root.isEmpty() || !root.get(0).has("conversation")) {
      throw new IllegalArgumentException(
          file
              + " is not a LoCoMo file: expected an array of objects with `conversation` and `qa`");
    }
    List<MemoryDataset.Conversation> conversations = new ArrayList<>();
    int unusable = 0;
    int number = 0;
    for (JsonNode sample : root) {
      number++;
      String id = sample.path("sample_id").asString("conversation-" + number);
      var scope = new Scope("locomo", id, "reader", "questions");
      List<Turn> turns = turns(sample.path("conversation"), scope);
      Set<String> known = new HashSet<>();
      turns.forEach(turn -> known.add(turn.id()));
      List<MemoryDataset.Question> questions = new ArrayList<>();
      int at = 0;
      for (JsonNode qa : sample.path("qa")) {
        at++;
        Set<String> evidence = new LinkedHashSet<>();
        Set<String> sessions = new LinkedHashSet<>();
        for (JsonNode each : qa.path("evidence")) {
          Matcher matcher = EVIDENCE.matcher(each.asString(""));
          while (matcher.find()) {
            int session = Integer.parseInt(matcher.group(1));
            String turn = "D" + session + ":" + Integer.parseInt(matcher.group(2));
            if (known.contains(turn)) {
              evidence.add(turn);
              sessions.add("session_" + session);
            }
          }
        }
        if (evidence.isEmpty()) {
          unusable++;
          continue;
        }
        questions.add(
            new MemoryDataset.Question(
                id + "/" + at,
                qa.path("question").asString(""),
                Integer.toString(qa.path("category").asInt(0)),
                evidence,
                sessions,
                null));
      }
      conversations.add(new MemoryDataset.Conversation(scope, turns, questions));
    }
    return new MemoryDataset("locomo", conversations, unusable);
  }

  private static List<Turn> turns(JsonNode conversation, Scope scope) {
    List<Turn> turns = new ArrayList<>();
    for (int session = 1; ; session++) {
      JsonNode said = conversation.path("session_" + session);
      boolean more = conversation.has("session_" + session + "_date_time");
      if (said.isMissingNode() && !more) {
        return turns;
      }
      if (!said.isArray()) {
        continue;
      }
      LocalDateTime date =
          date(conversation.path("session_" + session + "_date_time").asString(""));
      int index = 0;
      for (JsonNode each : said) {
        String text = each.path("text").asString("");
        String caption = each.path("blip_caption").asString("");
        String whole = caption.isBlank() ? text : (text + " [picture: " + caption + "]").strip();
        Matcher id = EVIDENCE.matcher(each.path("dia_id").asString(""));
        String name =
            id.matches()
                ? "D" + Integer.parseInt(id.group(1)) + ":" + Integer.parseInt(id.group(2))
                : "D" + session + ":" + (index + 1);
        if (!whole.isBlank()) {
          turns.add(
              new Turn(
                  name,
                  scope.withSession("session_" + session),
                  index,
                  each.path("speaker").asString("somebody"),
                  Message.user(whole),
                  date.plusSeconds(index).toInstant(ZoneOffset.UTC),
                  null,
                  null));
        }
        index++;
      }
    }
  }

  private static LocalDateTime date(String text) {
    try {
      return LocalDateTime.parse(text, DATE);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "expected a LoCoMo date such as `1:56 pm on 8 May, 2023`, got `" + text + "`", e);
    }
  }

  static JsonNode parse(Path file) {
    try {
      return Json.mapper().readTree(file.toFile());
    } catch (JacksonException e) {
      throw new IllegalArgumentException(file + " cannot be read as JSON: " + e.getMessage(), e);
    }
  }
}
