package dev.mneme.cli.chat;

import dev.mneme.agent.AgentEvent;
import dev.mneme.agent.AgentSession;
import dev.mneme.agent.Cancellation;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.cli.ExitCodes;
import dev.mneme.data.Json;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * One prompt, one reply, for scripts: the result on stdout, everything else on stderr.
 *
 * <p>The fields of the JSON formats are described in docs/chat.md; {@link StepTiming} says where
 * the time went.
 */
public final class Headless {
  /** How the reply is printed. */
  public enum Format {
    TEXT,
    JSON,
    STREAM_JSON
  }

  private final PrintWriter out;
  private final PrintWriter err;
  private final Format format;
  private final LongSupplier nanoTime;
  private long began;
  private @Nullable AgentEvent last;

  /**
   * @param nanoTime a monotonic clock, for the timing only
   */
  public Headless(PrintWriter out, PrintWriter err, Format format, LongSupplier nanoTime) {
    this.nanoTime = nanoTime;
    this.out = out;
    this.err = err;
    this.format = format;
  }

  /** Asks and prints; returns the exit code. */
  public int run(AgentSession session, String prompt, Cancellation cancellation) {
    began = nanoTime.getAsLong();
    session.say(prompt, event -> show(session, event), cancellation);
    AgentEvent end = last;
    return switch (end) {
      case AgentEvent.Done done -> {
        if (format == Format.TEXT) {
          out.println();
        } else if (format == Format.JSON) {
          out.println(Json.mapper().writeValueAsString(describe(session, done)));
        }
        out.flush();
        yield ExitCodes.OK;
      }
      case AgentEvent.Failed failed -> {
        if (format == Format.TEXT && !failed.partial().isEmpty()) {
          out.println();
          out.flush();
        }
        err.println("mneme: " + failed.reason());
        err.flush();
        yield ExitCodes.FAILURE;
      }
      case null, default -> ExitCodes.INTERRUPTED;
    };
  }

  private void show(AgentSession session, AgentEvent event) {
    last = event;
    if (format == Format.STREAM_JSON) {
      out.println(Json.mapper().writeValueAsString(describe(session, event)));
      out.flush();
      return;
    }
    switch (event) {
      case AgentEvent.Token token -> {
        if (format == Format.TEXT) {
          out.print(token.text());
          out.flush();
        }
      }
      case AgentEvent.Warned warned -> err.println("mneme: " + warned.text());
      case AgentEvent.TurnsDropped dropped ->
          err.println(
              "mneme: the oldest "
                  + dropped.turns()
                  + " turns no longer fit the model's context; they stay in memory");
      case AgentEvent.ToolCalled called ->
          err.println("mneme: calls " + called.call().name() + called.call().arguments());
      case AgentEvent.ToolReturned returned ->
          err.println("mneme: " + returned.call().name() + ": " + outcome(returned.result()));
      case AgentEvent.ModelChanged changed ->
          err.println("mneme: now answered by " + changed.to().id());
      case AgentEvent.Recalled ignored -> {}
      case AgentEvent.Done ignored -> {}
      case AgentEvent.Cancelled ignored -> {}
      case AgentEvent.Failed ignored -> {}
    }
  }

  private Map<String, Object> describe(AgentSession session, AgentEvent event) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("type", type(event));
    switch (event) {
      case AgentEvent.Token token -> json.put("text", token.text());
      case AgentEvent.Recalled recalled -> json.put("memories", recalled.used());
      case AgentEvent.Warned warned -> json.put("text", warned.text());
      case AgentEvent.TurnsDropped dropped -> {
        json.put("turns", dropped.turns());
        json.put("prompt_tokens", dropped.promptTokens());
        json.put("context_tokens", dropped.contextTokens());
      }
      case AgentEvent.ToolCalled called -> json.put("call", called.call());
      case AgentEvent.ToolReturned returned -> {
        json.put("call", returned.call());
        json.put("result", outcome(returned.result()));
      }
      case AgentEvent.ModelChanged changed -> {
        json.put("from", changed.from());
        json.put("to", changed.to());
      }
      case AgentEvent.Done done -> {
        json.put("reply", done.reply().message().content());
        json.put("session", done.reply().scope().session());
        json.put("turn_id", done.reply().id());
        json.put("finish", done.finish());
        json.put("memories", done.used());
        json.put("provenance", done.reply().provenance());
        json.put("timing", StepTiming.of(session, nanoTime.getAsLong() - began));
      }
      case AgentEvent.Cancelled cancelled -> json.put("turn_id", cancelled.asked().id());
      case AgentEvent.Failed failed -> {
        json.put("reason", failed.reason());
        json.put("retryable", failed.retryable());
        json.put("partial", failed.partial());
      }
    }
    return json;
  }

  private static String type(AgentEvent event) {
    return switch (event) {
      case AgentEvent.ModelChanged e -> "model_changed";
      case AgentEvent.Recalled e -> "recalled";
      case AgentEvent.TurnsDropped e -> "turns_dropped";
      case AgentEvent.Token e -> "token";
      case AgentEvent.ToolCalled e -> "tool_called";
      case AgentEvent.ToolReturned e -> "tool_returned";
      case AgentEvent.Warned e -> "warned";
      case AgentEvent.Done e -> "done";
      case AgentEvent.Cancelled e -> "cancelled";
      case AgentEvent.Failed e -> "failed";
    };
  }

  static String outcome(ToolResult result) {
    return switch (result) {
      case ToolResult.Ok ok -> ok.forModel();
      case ToolResult.Failed failed -> failed.forModel();
      case ToolResult.Denied denied -> denied.forModel();
    };
  }
}
