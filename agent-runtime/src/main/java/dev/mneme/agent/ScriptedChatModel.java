package dev.mneme.agent;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.agent.ChatReply.Finish;
import dev.mneme.data.Hashes;
import dev.mneme.data.Latency;
import dev.mneme.data.Message;
import dev.mneme.data.ModelRef;
import dev.mneme.data.Role;
import dev.mneme.data.ToolSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A model that says what it is told: for demos, for tests, and for trying tools, memory and
 * simulations without any weights.
 *
 * <p>It replies from a list in order, from {@linkplain Script rules}, or by a function. Everything
 * else about it is a real model: it streams, counts tokens, stops at {@code maxTokens} and at stop
 * texts, can be cancelled, and refuses prompts that do not fit.
 *
 * <p>Thread-safe; with a list, concurrent callers share its order.
 */
public final class ScriptedChatModel implements ChatModel {
  /** The context of a model whose script does not give one. */
  public static final int DEFAULT_CONTEXT = 4096;

  private static final Pattern PIECES = Pattern.compile("\\s*\\S+|\\s+$");

  private final ModelRef ref;
  private final int contextTokens;
  private final Function<ChatRequest, Message> script;

  private ScriptedChatModel(
      ModelRef ref, int contextTokens, Function<ChatRequest, Message> script) {
    this.ref = ref;
    this.contextTokens = contextTokens;
    this.script = script;
  }

  /** Replies with these texts in order; asked once more, it fails. */
  public static ScriptedChatModel replying(String... replies) {
    return replying(List.of(replies).stream().map(Message::assistant).toList());
  }

  /** Replies with these messages in order; asked once more, it fails. */
  public static ScriptedChatModel replying(List<Message> replies) {
    List<Message> copy = List.copyOf(replies);
    var next = new AtomicInteger();
    String hash = Hashes.sha256(copy.stream().map(Message::toString).toArray(String[]::new));
    return new ScriptedChatModel(
        new ModelRef("scripted", hash),
        DEFAULT_CONTEXT,
        request -> {
          int at = next.getAndIncrement();
          if (at >= copy.size()) {
            throw new ChatModelException(
                "the script has " + copy.size() + " replies and was asked for one more",
                false,
                null);
          }
          return copy.get(at);
        });
  }

  /**
   * Replies with what the function gives.
   *
   * @param id the name it goes by; it also stands for its weights, so give another function another
   *     id
   * @param contextTokens how much it takes
   */
  public static ScriptedChatModel answering(
      String id, int contextTokens, Function<ChatRequest, Message> function) {
    return new ScriptedChatModel(
        new ModelRef(id, Hashes.sha256("scripted", id)),
        contextTokens,
        requireNonNull(function, "function is null"));
  }

  /**
   * Replies by a script file in YAML or JSON; see {@link Script} for its form.
   *
   * @throws IllegalArgumentException naming the file and what it should hold
   * @throws UncheckedIOException when the file cannot be read
   */
  public static ScriptedChatModel read(Path file) {
    try {
      return of(Script.parse(Files.readString(file, UTF_8), file.toString()));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read script " + file, e);
    }
  }

  /** Replies by a script. */
  public static ScriptedChatModel of(Script script) {
    return new ScriptedChatModel(
        new ModelRef(script.model(), Hashes.sha256(script.toString())),
        script.context(),
        script.start());
  }

  @Override
  public ModelRef ref() {
    return ref;
  }

  @Override
  public int contextTokens() {
    return contextTokens;
  }

  @Override
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    return TokenEstimate.of(messages, tools);
  }

  @Override
  public ChatReply generate(
      ChatRequest request, Consumer<String> onText, Cancellation cancellation) {
    int promptTokens = countTokens(request.messages(), request.tools());
    if (promptTokens >= contextTokens) {
      throw new IllegalArgumentException(
          "the prompt has " + promptTokens + " tokens, the context " + contextTokens);
    }
    long start = System.nanoTime();
    Message scripted = script.apply(request);
    String full = beforeStop(scripted.content(), request.sampling().stop());
    int room = Math.min(request.sampling().maxTokens(), contextTokens - promptTokens);
    var said = new StringBuilder();
    int tokens = 0;
    Finish finish = scripted.toolCalls().isEmpty() ? Finish.STOP : Finish.TOOL_CALLS;
    double firstMillis = 0;
    for (String piece : pieces(full)) {
      int cost = Math.max(1, TokenEstimate.of(piece));
      if (cancellation.isRequested()) {
        finish = Finish.CANCELLED;
        break;
      }
      if (tokens + cost > room) {
        finish = Finish.LENGTH;
        break;
      }
      tokens += cost;
      said.append(piece);
      if (firstMillis == 0) {
        firstMillis = millisSince(start);
      }
      onText.accept(piece);
    }
    boolean whole = finish == Finish.STOP || finish == Finish.TOOL_CALLS;
    if (whole && cancellation.isRequested()) {
      finish = Finish.CANCELLED;
      whole = false;
    }
    return new ChatReply(
        new Message(
            Role.ASSISTANT, said.toString(), whole ? scripted.toolCalls() : List.of(), null),
        finish,
        new Latency(promptTokens, 0, tokens, firstMillis, millisSince(start)),
        ref);
  }

  @Override
  public void close() {}

  private static List<String> pieces(String text) {
    List<String> pieces = new ArrayList<>();
    Matcher matcher = PIECES.matcher(text);
    while (matcher.find()) {
      pieces.add(matcher.group());
    }
    return pieces;
  }

  private static String beforeStop(String text, List<String> stops) {
    int end = text.length();
    for (String each : stops) {
      int at = each.isEmpty() ? -1 : text.indexOf(each);
      if (at >= 0 && at < end) {
        end = at;
      }
    }
    return text.substring(0, end);
  }

  private static double millisSince(long start) {
    return (System.nanoTime() - start) / 1e6;
  }
}
