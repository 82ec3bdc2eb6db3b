package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.agent.tool.ToolBox;
import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.SystemPrompt;
import java.time.InstantSource;
import java.time.LocalDate;
import java.util.List;
import java.util.function.Function;

/**
 * An agent: a model, a memory, tools and a persona.
 *
 * <pre>
 * AgentSession session = agent.open(scope);
 * session.say("What is my dog called?", event -> show(event), new Cancellation());
 * </pre>
 *
 * <p>Immutable and thread-safe; it owns nothing: whoever made the model and the memory closes them.
 * One agent serves any number of {@linkplain #open sessions}.
 */
public final class Agent {
  final ChatModel model;
  final AgentMemory memory;
  final ToolBox tools;
  final Function<Scope, List<String>> preferences;
  final AgentConfig config;
  final InstantSource clock;

  /**
   * @param tools what it may call; the persona's own list restricts it further
   * @param preferences what the scope's user asked for in general, as found by a preference
   *     extractor; asked at every step, so it should be quick. When it throws {@link
   *     AgentMemoryException}, the reply is written without, and that is said.
   */
  public Agent(
      ChatModel model,
      AgentMemory memory,
      ToolBox tools,
      Function<Scope, List<String>> preferences,
      AgentConfig config,
      InstantSource clock) {
    this.model = requireNonNull(model, "model is null");
    this.memory = requireNonNull(memory, "memory is null");
    requireNonNull(tools, "tools is null");
    this.preferences = requireNonNull(preferences, "preferences is null");
    this.config = requireNonNull(config, "config is null");
    this.clock = requireNonNull(clock, "clock is null");
    var restriction = config.persona().tools();
    this.tools = restriction == null ? tools : tools.restrictedTo(restriction);
  }

  public AgentConfig config() {
    return config;
  }

  public ChatModel model() {
    return model;
  }

  /** The tools as the persona leaves them. */
  public ToolBox tools() {
    return tools;
  }

  /** The date where the person is. */
  LocalDate today() {
    return LocalDate.ofInstant(clock.instant(), config.zone());
  }

  /**
   * Has the model read what all prompts of today begin with: persona, date, tools. Worth a thread
   * of its own while a person still types; changes no reply.
   */
  public void readAhead() {
    String system = SystemPrompt.render(config.persona().text(), today(), List.of(), List.of());
    model.readAhead(List.of(Message.system(system), Message.user("Hello.")), tools.specs());
  }

  /**
   * Opens a session: a new one, or one that was logged earlier and goes on.
   *
   * @throws AgentMemoryException when its turns cannot be read
   */
  public AgentSession open(Scope scope) {
    return new AgentSession(this, scope, memory.recentTurns(scope, config.windowTurns()));
  }
}
