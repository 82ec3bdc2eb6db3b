package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.agent.internal.Yaml;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.ToolCall;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link ScriptedChatModel} says, as people write it down. JSON is YAML too.
 *
 * <pre>
 * model: demo
 * rules:
 *   - when: "(?i)my name is (\\w+)"
 *     reply: "Nice to meet you, $1."
 *   - when: "(?i)what is ([-+ 0-9]+)"
 *     call: {name: calculator, arguments: {expression: "$1"}}
 *   - when_tool: "(.*)"
 *     reply: "That is $1."
 * replies: ["Tell me more.", "I see."]
 * repeat: true
 * </pre>
 *
 * <p>The first rule that fits the newest message wins: {@code when} looks at what the user said,
 * {@code when_tool} at what a tool answered. Where no rule fits, the next of {@code replies} is
 * said; {@code repeat} starts them over.
 *
 * @param model the name it goes by
 * @param context its context in tokens
 * @param rules tried in order
 * @param replies said in order where no rule fits
 * @param repeat whether the replies start over
 */
public record Script(
    String model, int context, List<Rule> rules, List<Said> replies, boolean repeat) {
  public Script {
    model = model == null ? "scripted" : model;
    context = context == 0 ? ScriptedChatModel.DEFAULT_CONTEXT : context;
    rules = rules == null ? List.of() : List.copyOf(rules);
    replies = replies == null ? List.of() : List.copyOf(replies);
    if (context < 64) {
      throw new IllegalArgumentException("context must be at least 64 tokens, got " + context);
    }
    if (rules.isEmpty() && replies.isEmpty()) {
      throw new IllegalArgumentException("a script needs rules or replies");
    }
  }

  /** A call to make; texts in its arguments may name groups of the rule's pattern. */
  public record Call(String name, Map<String, Object> arguments) {
    public Call {
      requireNonNull(name, "a call needs a name");
      arguments = arguments == null ? Map.of() : Map.copyOf(arguments);
    }
  }

  /** One reply: a text, a call, or both. A bare text in the file is a reply. */
  public record Said(String reply, @Nullable Call call) {
    public Said {
      reply = reply == null ? "" : reply;
      if (reply.isBlank() && call == null) {
        throw new IllegalArgumentException("a reply needs a text (reply) or a call");
      }
    }

    @JsonCreator(mode = JsonCreator.Mode.DELEGATING)
    static Said text(String reply) {
      return new Said(reply, null);
    }
  }

  /** What to say when something was said. */
  public record Rule(
      @Nullable String when,
      @JsonProperty("when_tool") @Nullable String whenTool,
      String reply,
      @Nullable Call call) {
    public Rule {
      reply = reply == null ? "" : reply;
      if ((when == null) == (whenTool == null)) {
        throw new IllegalArgumentException("a rule needs either when or when_tool");
      }
      if (reply.isBlank() && call == null) {
        throw new IllegalArgumentException("a rule needs a reply or a call");
      }
      try {
        Pattern.compile(when == null ? requireNonNull(whenTool) : when);
      } catch (PatternSyntaxException e) {
        throw new IllegalArgumentException("not a regular expression: " + e.getMessage(), e);
      }
    }

    @Nullable Message answer(Message newest, int callNumber) {
      boolean fromTool = newest.role() == Role.TOOL;
      String pattern = fromTool ? whenTool : when;
      if (pattern == null) {
        return null;
      }
      Matcher matcher = Pattern.compile(pattern, Pattern.DOTALL).matcher(newest.content());
      return matcher.find() ? said(new Said(reply, call), callNumber, matcher) : null;
    }
  }

  /**
   * Reads a script.
   *
   * @param file named in errors
   * @throws IllegalArgumentException saying where and what is wrong
   */
  public static Script parse(String yaml, String file) {
    return Yaml.read(yaml, file, Script.class);
  }

  /** The script as a function with its own position in the replies. */
  Function<ChatRequest, Message> start() {
    var next = new AtomicInteger();
    var calls = new AtomicInteger();
    return request -> {
      Message newest = request.messages().getLast();
      for (Rule each : rules) {
        Message answer = each.answer(newest, calls.get());
        if (answer != null) {
          calls.addAndGet(answer.toolCalls().size());
          return answer;
        }
      }
      int at = next.getAndIncrement();
      if (replies.isEmpty() || (at >= replies.size() && !repeat)) {
        throw new ChatModelException(
            "the script has no rule for \""
                + newest.content()
                + "\" and its "
                + replies.size()
                + " replies are used up",
            false,
            null);
      }
      return said(replies.get(at % replies.size()), calls.getAndIncrement(), null);
    };
  }

  private static Message said(Said said, int callNumber, @Nullable Matcher matcher) {
    Call call = said.call();
    List<ToolCall> toolCalls =
        call == null
            ? List.of()
            : List.of(
                new ToolCall("call_" + callNumber, call.name(), filled(call.arguments(), matcher)));
    return new Message(Role.ASSISTANT, filled(said.reply(), matcher), toolCalls, null);
  }

  private static Map<String, Object> filled(
      Map<String, Object> arguments, @Nullable Matcher matcher) {
    Map<String, Object> filled = new LinkedHashMap<>();
    arguments.forEach(
        (name, value) ->
            filled.put(name, value instanceof String text ? filled(text, matcher) : value));
    return filled;
  }

  private static String filled(String template, @Nullable Matcher matcher) {
    String text = template;
    if (matcher != null) {
      for (int i = matcher.groupCount(); i >= 0; i--) {
        String group = matcher.group(i);
        text = text.replace("$" + i, group == null ? "" : group.strip());
      }
    }
    return text;
  }
}
