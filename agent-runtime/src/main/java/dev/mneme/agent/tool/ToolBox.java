package dev.mneme.agent.tool;

import static java.util.Objects.requireNonNull;
import static java.util.concurrent.TimeUnit.NANOSECONDS;

import dev.mneme.data.Json;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import io.modelcontextprotocol.json.McpJsonDefaults;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeoutException;
import java.util.function.Predicate;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only way to run a tool: permission, then arguments, then the call within its limits.
 *
 * <p>Who may run what: a decision a person made wins; a trusted read-only tool runs without asking;
 * everything else asks through {@link PermissionAsker}. A tool's failure of any kind (an exception,
 * a hang, a flood) is a {@link ToolResult} the model sees.
 *
 * <p>Thread-safe. Tools run on virtual threads of their own.
 */
public final class ToolBox {
  /**
   * The argument under which a model adapter hands over a call whose arguments were not valid JSON,
   * so that the model is told about it instead of losing the call.
   */
  public static final String UNPARSED = "$unparsed";

  private static final Logger log = LoggerFactory.getLogger(ToolBox.class);

  private final Supplier<List<Tool>> tools;
  private final Predicate<String> offered;
  private final Permissions permissions;
  private final PermissionAsker asker;
  private final ToolLimits limits;

  /**
   * @param tools asked anew at every step, because MCP servers come and go; on a name given twice
   *     the first tool wins
   */
  public ToolBox(
      Supplier<List<Tool>> tools,
      Permissions permissions,
      PermissionAsker asker,
      ToolLimits limits) {
    this(tools, name -> true, permissions, asker, limits);
  }

  private ToolBox(
      Supplier<List<Tool>> tools,
      Predicate<String> offered,
      Permissions permissions,
      PermissionAsker asker,
      ToolLimits limits) {
    this.tools = requireNonNull(tools, "tools is null");
    this.offered = offered;
    this.permissions = requireNonNull(permissions, "permissions is null");
    this.asker = requireNonNull(asker, "asker is null");
    this.limits = requireNonNull(limits, "limits is null");
  }

  /** No tools at all. */
  public static ToolBox empty() {
    return new ToolBox(
        List::of, Permissions.inMemory(), PermissionAsker.nobody(), ToolLimits.DEFAULT);
  }

  /** The same box with fewer tools: a persona can take tools away, never add or allow them. */
  public ToolBox restrictedTo(Set<String> names) {
    Set<String> kept = Set.copyOf(names);
    return new ToolBox(
        tools, name -> offered.test(name) && kept.contains(name), permissions, asker, limits);
  }

  /** The same box, asking somebody else. */
  public ToolBox withAsker(PermissionAsker other) {
    return new ToolBox(tools, offered, permissions, other, limits);
  }

  /** What the model is told: every tool that is not denied, in a stable order. */
  public List<ToolSpec> specs() {
    List<ToolSpec> specs = new ArrayList<>();
    for (Tool each : available().values()) {
      if (!hidden(each)) {
        specs.add(each.spec());
      }
    }
    return List.copyOf(specs);
  }

  private boolean hidden(Tool tool) {
    try {
      return permission(tool) == Permission.DENY;
    } catch (PermissionsException e) {
      // The call will be denied and say why; hiding the tool would say nothing.
      return false;
    }
  }

  /** Every tool, denied ones included. */
  public List<Tool> tools() {
    return List.copyOf(available().values());
  }

  /**
   * What happens when the model calls this tool now.
   *
   * @throws PermissionsException when the decisions cannot be read
   */
  public Permission permission(Tool tool) {
    return permissions
        .decided(tool)
        .orElse(tool.trusted() && tool.traits().readOnly() ? Permission.ALLOW : Permission.ASK);
  }

  /** Remembers a person's decision. */
  public void decide(Tool tool, Permission permission) {
    permissions.decide(tool, permission);
  }

  /** Runs a call; never throws for anything a tool, a model or a server did. */
  public ToolResult call(ToolCall call, ToolContext context) {
    Tool tool = available().get(call.name());
    if (tool == null) {
      return new ToolResult.Failed(
          "there is no tool \"" + call.name() + "\"; available: " + available().keySet());
    }
    String invalid = invalidity(tool, call);
    if (invalid != null) {
      return new ToolResult.Failed(invalid);
    }
    ToolResult.Denied denied;
    try {
      denied = denial(tool, call);
    } catch (PermissionsException e) {
      denied = new ToolResult.Denied(String.valueOf(e.getMessage()));
    }
    return denied != null ? denied : cut(run(tool, call, context));
  }

  private Map<String, Tool> available() {
    Map<String, Tool> byName = new LinkedHashMap<>();
    for (Tool each : tools.get()) {
      String name = each.spec().name();
      if (offered.test(name) && byName.putIfAbsent(name, each) != null) {
        log.warn("two tools are called {}; the one of {} is left out", name, each.origin());
      }
    }
    return byName;
  }

  private @Nullable String invalidity(Tool tool, ToolCall call) {
    if (call.arguments().get(UNPARSED) instanceof String raw) {
      return "the arguments of \"" + call.name() + "\" are not a JSON object: " + head(raw, 200);
    }
    Map<String, Object> schema = tool.spec().inputSchema();
    try {
      // Made at the first call: it reads the schemas of schemas, which few conversations need.
      var response = McpJsonDefaults.getSchemaValidator().validate(schema, call.arguments());
      return response.valid()
          ? null
          : "the arguments of \""
              + call.name()
              + "\" do not fit its schema: "
              + head(String.valueOf(response.errorMessage()), 500);
    } catch (RuntimeException e) {
      log.debug("schema of {} cannot be used", call.name(), e);
      return "the schema of \"" + call.name() + "\" is not usable, so it cannot be called";
    }
  }

  private ToolResult.@Nullable Denied denial(Tool tool, ToolCall call) {
    return switch (permission(tool)) {
      case ALLOW -> null;
      case DENY -> new ToolResult.Denied("the user does not allow \"" + call.name() + "\"");
      case ASK ->
          switch (asker.ask(tool, call)) {
            case ALLOW_ONCE -> null;
            case ALLOW_ALWAYS -> {
              permissions.decide(tool, Permission.ALLOW);
              yield null;
            }
            case DENY_ONCE ->
                new ToolResult.Denied(
                    "the user did not allow this call of \"" + call.name() + "\"");
            case DENY_ALWAYS -> {
              permissions.decide(tool, Permission.DENY);
              yield new ToolResult.Denied("the user does not allow \"" + call.name() + "\"");
            }
          };
    };
  }

  private ToolResult run(Tool tool, ToolCall call, ToolContext context) {
    var task = new FutureTask<>(() -> tool.call(call.arguments(), context));
    Thread thread = Thread.ofVirtual().name("tool-" + call.name()).start(task);
    long end = System.nanoTime() + limits.time().toNanos();
    try {
      while (true) {
        long left = end - System.nanoTime();
        if (left <= 0) {
          return new ToolResult.Failed(
              "\"" + call.name() + "\" did not answer within " + limits.time().toMillis() + " ms");
        }
        if (context.cancelled().getAsBoolean()) {
          return new ToolResult.Failed("\"" + call.name() + "\" was stopped by the user");
        }
        try {
          return requireNonNull(
              task.get(Math.min(left, 20_000_000L), NANOSECONDS), "a tool returned null");
        } catch (TimeoutException e) {
          // Not yet: look at the limits again.
        }
      }
    } catch (ExecutionException e) {
      if (e.getCause() instanceof Error error) {
        throw error;
      }
      log.debug("tool {} failed", call.name(), e.getCause());
      String why = String.valueOf(e.getCause() == null ? e : e.getCause().getMessage());
      return new ToolResult.Failed("\"" + call.name() + "\" failed: " + head(why, 500));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return new ToolResult.Failed("\"" + call.name() + "\" was interrupted");
    } finally {
      thread.interrupt();
    }
  }

  private ToolResult cut(ToolResult result) {
    return switch (result) {
      case ToolResult.Ok ok -> {
        Object structured = ok.structured();
        boolean tooBig =
            structured != null
                && Json.mapper().writeValueAsString(structured).length() > limits.resultChars();
        yield new ToolResult.Ok(head(ok.text(), limits.resultChars()), tooBig ? null : structured);
      }
      case ToolResult.Failed failed ->
          new ToolResult.Failed(head(failed.reason(), limits.resultChars()));
      case ToolResult.Denied denied -> denied;
    };
  }

  /** The first characters of a text, saying what was left out. */
  public static String head(String text, int chars) {
    if (text.length() <= chars) {
      return text;
    }
    int end = Character.isHighSurrogate(text.charAt(chars - 1)) ? chars - 1 : chars;
    return text.substring(0, end) + " […cut: " + end + " of " + text.length() + " characters]";
  }
}
