package dev.mneme.preference.formats;

import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Role;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolCall;
import dev.mneme.preference.PreferenceException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** The file formats of preferences, one JSON record a line. */
public enum PreferenceFormat {
  /** Hugging Face TRL: {@code prompt}, {@code chosen}, {@code rejected} as lists of messages. */
  TRL,
  /**
   * OpenAI preference fine-tuning: {@code input}, {@code preferred_output}, {@code
   * non_preferred_output}.
   */
  OPENAI,
  /** TRL's unpaired preferences: {@code prompt}, {@code completion}, {@code label}. */
  KTO,
  /** Ours: whole {@link PreferencePair}s and {@link RatedReply}s, weights and evidence included. */
  MNEME;

  /** What a line holds. */
  public sealed interface Line {
    /** A pair. */
    record Pair(PreferencePair pair) implements Line {}

    /** A single reply. */
    record Single(RatedReply reply) implements Line {}
  }

  /** The name on the command line. */
  public String wireName() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The format of this name.
   *
   * @throws IllegalArgumentException when there is none
   */
  public static PreferenceFormat of(String name) {
    for (PreferenceFormat each : values()) {
      if (each.wireName().equals(name.toLowerCase(Locale.ROOT))) {
        return each;
      }
    }
    throw new IllegalArgumentException(
        "unknown preference format " + name + "; expected trl, openai, kto or mneme");
  }

  /** A pair as lines: two in {@link #KTO}, one in the others. */
  public List<String> lines(PreferencePair pair) {
    return switch (this) {
      case TRL ->
          List.of(
              line(
                  "prompt", messages(pair.prompt()),
                  "chosen", messages(pair.chosen()),
                  "rejected", messages(pair.rejected())));
      case OPENAI ->
          List.of(
              line(
                  "input",
                      Map.of(
                          "messages",
                          openAi(pair.prompt()),
                          "tools",
                          List.of(),
                          "parallel_tool_calls",
                          true),
                  "preferred_output", openAi(pair.chosen()),
                  "non_preferred_output", openAi(pair.rejected())));
      case KTO ->
          List.of(
              kto(pair.prompt(), pair.chosen(), true), kto(pair.prompt(), pair.rejected(), false));
      case MNEME -> List.of(Json.mapper().writeValueAsString(pair));
    };
  }

  /** A single reply as a line; empty in the formats that only know pairs. */
  public Optional<String> line(RatedReply reply) {
    return switch (this) {
      case TRL, OPENAI -> Optional.empty();
      case KTO -> Optional.of(kto(reply.prompt(), reply.reply(), reply.satisfaction() >= 0.5));
      case MNEME -> Optional.of(Json.mapper().writeValueAsString(reply));
    };
  }

  /**
   * Reads one line.
   *
   * @param where file and line, for the error message
   * @param scope whose the preference becomes; {@link #MNEME} lines bring their own, which must be
   *     of the same tenant
   * @param at when it counts as expressed, in the formats that do not say
   * @throws PreferenceException when the line does not have the format
   */
  public Line read(String line, String where, Scope scope, Instant at) {
    try {
      JsonNode node = Json.mapper().readTree(line);
      return switch (this) {
        case TRL ->
            pair(
                scope,
                at,
                where,
                list(node, "prompt"),
                list(node, "chosen"),
                list(node, "rejected"));
        case OPENAI ->
            pair(
                scope,
                at,
                where,
                list(node.path("input"), "messages"),
                list(node, "preferred_output"),
                list(node, "non_preferred_output"));
        case KTO -> single(node, scope, at, where);
        case MNEME -> own(node, scope, where);
      };
    } catch (JacksonException | IllegalArgumentException | NullPointerException e) {
      throw new PreferenceException(
          where + ": not a line of the format " + wireName() + ": " + e.getMessage(), e);
    }
  }

  private static Line own(JsonNode node, Scope scope, String where) {
    Line read =
        node.has("chosen")
            ? new Line.Pair(Json.mapper().treeToValue(node, PreferencePair.class))
            : new Line.Single(Json.mapper().treeToValue(node, RatedReply.class));
    Scope theirs =
        switch (read) {
          case Line.Pair pair -> pair.pair().scope();
          case Line.Single single -> single.reply().scope();
        };
    if (!theirs.tenant().equals(scope.tenant())) {
      throw new IllegalArgumentException(
          "belongs to tenant "
              + theirs.tenant()
              + ", the import is for "
              + scope.tenant()
              + " ("
              + where
              + ")");
    }
    return read;
  }

  private static Line pair(
      Scope scope,
      Instant at,
      String where,
      List<Message> prompt,
      List<Message> chosen,
      List<Message> rejected) {
    List<Message> asked = prompt;
    List<Message> better = chosen;
    List<Message> worse = rejected;
    if (asked.isEmpty()) {
      // TRL also has an implicit prompt: both sides open with the same messages.
      int shared = 0;
      while (shared < Math.min(chosen.size(), rejected.size()) - 1
          && chosen.get(shared).equals(rejected.get(shared))) {
        shared++;
      }
      asked = chosen.subList(0, shared);
      better = chosen.subList(shared, chosen.size());
      worse = rejected.subList(shared, rejected.size());
    }
    requireWords(asked, "prompt");
    requireWords(better, "chosen side");
    requireWords(worse, "rejected side");
    return new Line.Pair(
        new PreferencePair(
            dev.mneme.preference.PairIds.of(asked, better, worse),
            scope,
            PreferencePair.Origin.IMPORTED,
            asked,
            better,
            worse,
            PairWeight.ONE,
            at,
            List.of(new dev.mneme.data.Evidence(where, "imported", "read from a file"))));
  }

  private static Line single(JsonNode node, Scope scope, Instant at, String where) {
    List<Message> prompt = list(node, "prompt");
    List<Message> completion = list(node, "completion");
    requireWords(prompt, "prompt");
    requireWords(completion, "completion");
    JsonNode label = node.path("label");
    if (!label.isBoolean()) {
      throw new IllegalArgumentException("label must be true or false, got " + label);
    }
    return new Line.Single(
        new RatedReply(
            Hashes.sha256(
                "imported", dev.mneme.preference.PairIds.of(prompt, completion, List.of())),
            scope,
            prompt,
            completion,
            label.asBoolean() ? 1 : 0,
            1,
            1,
            at,
            List.of(new dev.mneme.data.Evidence(where, "imported", "read from a file"))));
  }

  private static void requireWords(List<Message> messages, String what) {
    if (messages.stream()
        .allMatch(each -> each.content().isBlank() && each.toolCalls().isEmpty())) {
      throw new IllegalArgumentException("the " + what + " is missing or has no words");
    }
  }

  /** Messages from a list of them, or from plain text (a prompt is the user's). */
  private static List<Message> list(JsonNode node, String name) {
    JsonNode value = node.path(name);
    if (value.isString()) {
      String text = value.asString();
      return List.of(name.equals("prompt") ? Message.user(text) : Message.assistant(text));
    }
    var messages = new ArrayList<Message>();
    for (JsonNode each : value) {
      messages.add(message(each));
    }
    return messages;
  }

  private static Message message(JsonNode node) {
    String role = node.path("role").asString("");
    JsonNode content = node.path("content");
    String text = content.isString() ? content.asString() : "";
    var calls = new ArrayList<ToolCall>();
    for (JsonNode each : node.path("tool_calls")) {
      JsonNode function = each.path("function");
      JsonNode arguments = function.path("arguments");
      JsonNode parsed =
          arguments.isString() ? Json.mapper().readTree(arguments.asString()) : arguments;
      var map = new LinkedHashMap<String, Object>();
      for (var entry : parsed.properties()) {
        map.put(entry.getKey(), Json.mapper().treeToValue(entry.getValue(), Object.class));
      }
      calls.add(
          new ToolCall(each.path("id").asString(""), function.path("name").asString(""), map));
    }
    return switch (role) {
      case "system", "developer" -> Message.system(text);
      case "user" -> Message.user(text);
      case "assistant" -> new Message(Role.ASSISTANT, text, calls, null);
      case "tool" -> Message.tool(node.path("tool_call_id").asString(""), text);
      default ->
          throw new IllegalArgumentException(
              "expected a role of system, user, assistant or tool, got \"" + role + "\"");
    };
  }

  private static String kto(List<Message> prompt, List<Message> completion, boolean label) {
    return line("prompt", messages(prompt), "completion", messages(completion), "label", label);
  }

  private static String line(Object... namesAndValues) {
    var fields = new LinkedHashMap<String, Object>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      fields.put((String) namesAndValues[i], namesAndValues[i + 1]);
    }
    return Json.mapper().writeValueAsString(fields);
  }

  /** Role and content, and tool calls where there are any, as TRL's chat format has them. */
  private static List<Map<String, Object>> messages(List<Message> messages) {
    return messages.stream().map(each -> message(each, false)).toList();
  }

  private static List<Map<String, Object>> openAi(List<Message> messages) {
    return messages.stream().map(each -> message(each, true)).toList();
  }

  private static Map<String, Object> message(Message message, boolean argumentsAsText) {
    var fields = new LinkedHashMap<String, Object>();
    fields.put("role", message.role().wireName());
    fields.put("content", message.content());
    if (!message.toolCalls().isEmpty()) {
      fields.put(
          "tool_calls",
          message.toolCalls().stream().map(call -> call(call, argumentsAsText)).toList());
    }
    String answers = message.toolCallId();
    if (answers != null) {
      fields.put("tool_call_id", answers);
    }
    return fields;
  }

  private static Map<String, Object> call(ToolCall call, boolean argumentsAsText) {
    var function = new LinkedHashMap<String, Object>();
    function.put("name", call.name());
    function.put(
        "arguments",
        argumentsAsText ? Json.mapper().writeValueAsString(call.arguments()) : call.arguments());
    var fields = new LinkedHashMap<String, Object>();
    fields.put("id", call.id());
    fields.put("type", "function");
    fields.put("function", function);
    return fields;
  }
}
