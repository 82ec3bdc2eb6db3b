package dev.mneme.agent;

import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Permissions;
import dev.mneme.agent.tool.Tool;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolContext;
import dev.mneme.agent.tool.ToolLimits;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.agent.tool.ToolTraits;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Function;

/** What the tests of agents have in common. */
public final class Fixtures {
  public static final Instant START = Instant.parse("2026-11-22T09:00:00Z");
  public static final Scope SCOPE = new Scope("home", "ana", "mneme", "s1");

  private Fixtures() {}

  /** A clock that goes on by a second at every look. */
  public static InstantSource tickingClock() {
    var seconds = new AtomicLong();
    return () -> START.plusSeconds(seconds.getAndIncrement());
  }

  public static AgentConfig config() {
    return AgentConfig.defaults(Persona.DEFAULT, Sampling.chat(7, 200), ZoneOffset.UTC);
  }

  public static Agent agent(ChatModel model, AgentMemory memory, ToolBox tools) {
    return new Agent(model, memory, tools, scope -> List.of(), config(), tickingClock());
  }

  public static Agent agent(ChatModel model, AgentMemory memory) {
    return agent(model, memory, ToolBox.empty());
  }

  public static ToolBox box(PermissionAsker asker, Tool... tools) {
    return new ToolBox(() -> List.of(tools), Permissions.inMemory(), asker, ToolLimits.DEFAULT);
  }

  /** Something the user said earlier, in the session of {@link #SCOPE}. */
  public static Turn turn(int index, String text) {
    return new Turn(
        "turn-" + index,
        SCOPE,
        index,
        "user",
        Message.user(text),
        START.plusSeconds(index),
        null,
        null);
  }

  public static Message calling(String tool, Map<String, Object> arguments) {
    return new Message(Role.ASSISTANT, "", List.of(new ToolCall("c1", tool, arguments)), null);
  }

  /** Says a text and gives everything that happened. */
  public static List<AgentEvent> say(AgentSession session, String text) {
    List<AgentEvent> events = new ArrayList<>();
    session.say(text, events::add, new Cancellation());
    return events;
  }

  public static <E> E only(List<AgentEvent> events, Class<E> type) {
    List<E> found = events.stream().filter(type::isInstance).map(type::cast).toList();
    if (found.size() != 1) {
      throw new AssertionError("expected one " + type.getSimpleName() + " in " + events);
    }
    return found.getFirst();
  }

  /** A tool that does what the function says. */
  public static Tool tool(
      ToolSpec spec, ToolTraits traits, Function<Map<String, Object>, ToolResult> function) {
    return new Tool() {
      @Override
      public ToolSpec spec() {
        return spec;
      }

      @Override
      public ToolTraits traits() {
        return traits;
      }

      @Override
      public ToolResult call(Map<String, Object> arguments, ToolContext context) {
        return function.apply(arguments);
      }
    };
  }
}
