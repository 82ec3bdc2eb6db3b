package dev.mneme.model.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.TrainingExample;
import dev.mneme.model.text.jinja.JinjaException;
import dev.mneme.model.text.jinja.JinjaTemplate;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A checkpoint's own chat template: messages and tools in, the prompt it was trained on out.
 *
 * <p>The template sees what Transformers' {@code apply_chat_template} would give it: {@code
 * messages} (with {@code tool_calls} as OpenAI shapes them), {@code tools}, {@code
 * add_generation_prompt} and the special tokens by name. Before it does, every text that did not
 * come from us is broken where it spells a special token, so a user, a tool or a memory cannot
 * speak as somebody else; a system message keeps the markers of its memory block.
 *
 * <p>Thread-safe.
 */
public final class ChatTemplate {
  private static final List<String> NAMED_TOKENS =
      List.of("bos_token", "eos_token", "unk_token", "pad_token");

  private final Tokenizer tokenizer;
  private final JinjaTemplate template;
  private final @Nullable JinjaTemplate toolTemplate;
  private final Map<String, String> specialTokens;
  private final InstantSource clock;

  /**
   * A rendered prompt.
   *
   * @param text what the model reads
   * @param ids the same as token ids
   */
  // Ids go straight into kernels: an array, handed over to the caller, never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Prompt(String text, int[] ids) {}

  /**
   * Token ids to train on.
   *
   * @param ids the conversation
   * @param loss true where the token was written by the assistant, its end-of-turn token included
   */
  // Ids go straight into kernels: an array, handed over to the caller, never compared.
  @SuppressWarnings("ArrayRecordComponent")
  public record Labelled(int[] ids, boolean[] loss) {}

  private ChatTemplate(
      Tokenizer tokenizer,
      JinjaTemplate template,
      @Nullable JinjaTemplate toolTemplate,
      Map<String, String> specialTokens,
      InstantSource clock) {
    this.tokenizer = tokenizer;
    this.template = template;
    this.toolTemplate = toolTemplate;
    this.specialTokens = Map.copyOf(specialTokens);
    this.clock = clock;
  }

  /**
   * Reads {@code chat_template.jinja} or, where there is none, {@code chat_template} of {@code
   * tokenizer_config.json}.
   *
   * @param clock what a template that prints today's date reads
   * @throws TextFormatException when there is no template or it cannot be parsed
   */
  public static ChatTemplate open(Path dir, Tokenizer tokenizer, InstantSource clock) {
    Path configFile = dir.resolve("tokenizer_config.json");
    Path templateFile = dir.resolve("chat_template.jinja");
    try {
      JsonNode config =
          Files.exists(configFile)
              ? Json.mapper().readTree(Files.readString(configFile, UTF_8))
              : Json.mapper().createObjectNode();
      var tokens = new HashMap<String, String>();
      for (String name : NAMED_TOKENS) {
        JsonNode token = config.path(name);
        String text = token.isObject() ? token.path("content").asString("") : token.asString("");
        if (!text.isEmpty()) {
          tokens.put(name, text);
        }
      }
      JsonNode inConfig = config.path("chat_template");
      String source = null;
      String toolSource = null;
      if (Files.exists(templateFile)) {
        source = Files.readString(templateFile, UTF_8);
      } else if (inConfig.isString()) {
        source = inConfig.asString();
      } else {
        for (JsonNode each : inConfig) { // several templates by name
          String name = each.path("name").asString("");
          if (name.equals("default")) {
            source = each.path("template").asString();
          } else if (name.equals("tool_use")) {
            toolSource = each.path("template").asString();
          }
        }
      }
      if (source == null) {
        throw new TextFormatException(
            configFile + " has no chat_template: this checkpoint cannot chat, only continue text");
      }
      return of(source, toolSource, tokens, tokenizer, clock);
    } catch (IOException e) {
      throw new TextFormatException("cannot read " + configFile + ": " + e.getMessage(), e);
    } catch (JacksonException e) {
      throw new TextFormatException(configFile + " is not JSON: " + e.getOriginalMessage(), e);
    } catch (JinjaException e) {
      throw new TextFormatException("the chat template of " + dir + ": " + e.getMessage(), e);
    }
  }

  /**
   * A template from its source.
   *
   * @param specialTokens {@code bos_token} and the like
   */
  public static ChatTemplate of(
      String source, Map<String, String> specialTokens, Tokenizer tokenizer, InstantSource clock) {
    return of(source, null, specialTokens, tokenizer, clock);
  }

  private static ChatTemplate of(
      String source,
      @Nullable String toolSource,
      Map<String, String> specialTokens,
      Tokenizer tokenizer,
      InstantSource clock) {
    return new ChatTemplate(
        tokenizer,
        JinjaTemplate.parse(source),
        toolSource == null ? null : JinjaTemplate.parse(toolSource),
        specialTokens,
        clock);
  }

  /** The id that ends a reply, by {@code eos_token}; -1 where the config names none. */
  public int endId() {
    String end = specialTokens.get("eos_token");
    return end == null ? -1 : tokenizer.id(end).orElse(-1);
  }

  /**
   * The prompt for a reply to the messages.
   *
   * @throws IllegalArgumentException when the template refuses them
   */
  public Prompt prompt(List<Message> messages, List<ToolSpec> tools) {
    String text = render(messages, tools, true);
    return new Prompt(text, tokenizer.encode(text));
  }

  /**
   * Runs the template.
   *
   * @param addGenerationPrompt whether to end with the opening of an assistant's turn
   * @throws IllegalArgumentException when the template refuses the messages
   * @throws TextFormatException when it fails
   */
  public String render(List<Message> messages, List<ToolSpec> tools, boolean addGenerationPrompt) {
    var variables = new HashMap<String, @Nullable Object>(specialTokens);
    variables.put("messages", shaped(messages));
    variables.put("tools", tools.isEmpty() ? null : tools.stream().map(this::shaped).toList());
    variables.put("documents", null);
    variables.put("add_generation_prompt", addGenerationPrompt);
    JinjaTemplate chosen =
        tools.isEmpty() || toolTemplate == null ? template : requireNonNull(toolTemplate);
    try {
      return chosen.render(variables, clock, ZoneOffset.UTC);
    } catch (JinjaException e) {
      if (e.raisedByTemplate()) {
        throw new IllegalArgumentException(
            "the chat template refuses these messages: " + e.getMessage(), e);
      }
      throw new TextFormatException("the chat template failed: " + e.getMessage(), e);
    }
  }

  /**
   * An example as ids, with the loss on what the assistant wrote.
   *
   * <p>The pieces are encoded one by one where a reply begins and ends, exactly as generation does:
   * first the prompt, then the reply. Prose has no roles: it stands between the beginning and the
   * end of a text, all of it counting.
   *
   * @throws TextFormatException when the template rewrites earlier turns, so that no span of the
   *     text is the reply
   */
  public Labelled label(TrainingExample example) {
    List<Message> messages = example.messages();
    var ids = new Ids();
    if (example.isProse()) {
      int begin = tokenizer.id(specialTokens.getOrDefault("bos_token", "")).orElse(-1);
      ids.add(begin < 0 ? new int[0] : new int[] {begin}, false);
      ids.add(tokenizer.encode(tokenizer.neutralize(messages.getFirst().content())), true);
      ids.add(endId() < 0 ? new int[0] : new int[] {endId()}, true);
      return ids.labelled();
    }
    String done = "";
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).role() != Role.ASSISTANT) {
        continue;
      }
      done = addReply(ids, done, messages.subList(0, i + 1), example.tools());
    }
    return ids.labelled();
  }

  /**
   * A conversation as ids, with the loss on its last message alone, which is the assistant's: what
   * {@link #label} does for all replies, at the price of one.
   *
   * @throws TextFormatException when the template rewrites earlier turns
   */
  public Labelled labelLast(List<Message> messages, List<ToolSpec> tools) {
    if (messages.isEmpty() || messages.getLast().role() != Role.ASSISTANT) {
      throw new IllegalArgumentException(
          "the last of " + messages.size() + " messages is to be the assistant's");
    }
    var ids = new Ids();
    addReply(ids, "", messages, tools);
    return ids.labelled();
  }

  /** Adds what stands between {@code done} and the last message, and that; returns all of it. */
  private String addReply(Ids ids, String done, List<Message> messages, List<ToolSpec> tools) {
    String before = render(messages.subList(0, messages.size() - 1), tools, true);
    String after = render(messages, tools, false);
    if (!before.startsWith(done) || !after.startsWith(before)) {
      throw new TextFormatException(
          "the chat template rewrites earlier turns: replies cannot be told from prompts");
    }
    ids.add(tokenizer.encode(before.substring(done.length())), false);
    int[] reply = tokenizer.encode(after.substring(before.length()));
    int end = reply.length;
    while (end > 0 && endId() >= 0 && reply[end - 1] != endId()) {
      end--;
    }
    end = end == 0 ? reply.length : end;
    ids.add(Arrays.copyOf(reply, end), true);
    ids.add(Arrays.copyOfRange(reply, end, reply.length), false);
    return after;
  }

  private List<Map<String, @Nullable Object>> shaped(List<Message> messages) {
    var toolNames = new HashMap<String, String>();
    var shaped = new ArrayList<Map<String, @Nullable Object>>(messages.size());
    for (Message each : messages) {
      var map = new LinkedHashMap<String, @Nullable Object>();
      map.put("role", each.role().wireName());
      map.put(
          "content",
          each.role() == Role.SYSTEM
              ? tokenizer.neutralizeExceptMemory(each.content())
              : tokenizer.neutralize(each.content()));
      if (!each.toolCalls().isEmpty()) {
        var calls = new ArrayList<Map<String, @Nullable Object>>();
        for (ToolCall call : each.toolCalls()) {
          toolNames.put(call.id(), call.name());
          var function = new LinkedHashMap<String, @Nullable Object>();
          function.put("name", tokenizer.neutralize(call.name()));
          function.put("arguments", neutralized(call.arguments()));
          var shapedCall = new LinkedHashMap<String, @Nullable Object>();
          shapedCall.put("type", "function");
          shapedCall.put("id", call.id());
          shapedCall.put("function", function);
          calls.add(shapedCall);
        }
        map.put("tool_calls", calls);
      }
      if (each.toolCallId() != null) {
        map.put("tool_call_id", tokenizer.neutralize(each.toolCallId()));
        String name = toolNames.get(each.toolCallId());
        if (name != null) {
          map.put("name", tokenizer.neutralize(name));
        }
      }
      shaped.add(map);
    }
    return shaped;
  }

  private Map<String, @Nullable Object> shaped(ToolSpec tool) {
    var function = new LinkedHashMap<String, @Nullable Object>();
    function.put("name", tokenizer.neutralize(tool.name()));
    function.put("description", tokenizer.neutralize(tool.description()));
    function.put("parameters", neutralized(tool.inputSchema()));
    var shaped = new LinkedHashMap<String, @Nullable Object>();
    shaped.put("type", "function");
    shaped.put("function", function);
    return shaped;
  }

  private @Nullable Object neutralized(@Nullable Object value) {
    return switch (value) {
      case String text -> tokenizer.neutralize(text);
      case Map<?, ?> map -> {
        var copy = new LinkedHashMap<String, @Nullable Object>();
        map.forEach((k, v) -> copy.put(tokenizer.neutralize(String.valueOf(k)), neutralized(v)));
        yield copy;
      }
      case List<?> items -> {
        var copy = new ArrayList<@Nullable Object>();
        for (Object each : items) {
          copy.add(neutralized(each));
        }
        yield copy;
      }
      case null, default -> value;
    };
  }

  private static final class Ids {
    private int[] ids = new int[256];
    private boolean[] loss = new boolean[256];
    private int length;

    void add(int[] more, boolean counts) {
      if (length + more.length > ids.length) {
        int capacity = Math.max(length + more.length, 2 * ids.length);
        ids = Arrays.copyOf(ids, capacity);
        loss = Arrays.copyOf(loss, capacity);
      }
      System.arraycopy(more, 0, ids, length, more.length);
      Arrays.fill(loss, length, length + more.length, counts);
      length += more.length;
    }

    Labelled labelled() {
      return new Labelled(Arrays.copyOf(ids, length), Arrays.copyOf(loss, length));
    }
  }
}
