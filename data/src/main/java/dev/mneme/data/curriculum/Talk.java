package dev.mneme.data.curriculum;

import dev.mneme.data.BuiltInTools;
import dev.mneme.data.Check;
import dev.mneme.data.Expectation;
import dev.mneme.data.MemoryBlock;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.SystemPrompt;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import dev.mneme.data.TrainingExample;
import java.time.LocalDate;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A conversation in the making. Confined to the thread that composes it. */
final class Talk {
  private static final List<String> PERSONAS =
      List.of(
          "You are Mneme, a helpful assistant.",
          "You are Mneme.",
          "You are Mneme, a friendly assistant who remembers.",
          "You are a helpful assistant called Mneme.");
  private static final LocalDate FIRST_DAY = LocalDate.of(2025, 1, 1);
  private static final int DAYS = 1500;

  private final Frame frame;
  private final boolean heldOut;
  private final List<Message> messages = new ArrayList<>();
  private final List<Expectation> expectations = new ArrayList<>();
  private final List<MemoryBlock.Line> memories = new ArrayList<>();
  private final List<String> preferences = new ArrayList<>();
  private final LocalDate today;
  private @Nullable String persona;
  private @Nullable List<ToolSpec> tools;
  private @Nullable String style;
  private boolean prose;
  private boolean closed;

  Talk(Frame frame) {
    this.frame = frame;
    this.heldOut = frame.heldOut();
    this.today = FIRST_DAY.plusDays(frame.below(DAYS));
  }

  Frame frame() {
    return frame;
  }

  boolean heldOut() {
    return heldOut;
  }

  LocalDate today() {
    return today;
  }

  boolean isEmpty() {
    return messages.isEmpty();
  }

  Talk persona(String lines) {
    persona = lines;
    return this;
  }

  /** Adds a stated preference; no second one of the same words. */
  Talk prefer(String preference) {
    if (!preferences.contains(preference)) {
      preferences.add(preference);
    }
    return this;
  }

  /** The manner the user prefers throughout, or null. */
  @Nullable String style() {
    return style;
  }

  Talk style(String standing) {
    style = standing;
    return this;
  }

  Talk remember(List<MemoryBlock.Line> lines) {
    memories.addAll(lines);
    return this;
  }

  /** Offers exactly these tools, whatever the rest of the conversation is about. */
  Talk offer(List<ToolSpec> offered) {
    tools = offered;
    return this;
  }

  boolean offersTools() {
    return tools != null && !tools.isEmpty();
  }

  /** Nothing more may be added by chance: no other exchange, no unrelated memories. */
  Talk close() {
    closed = true;
    return this;
  }

  boolean isClosed() {
    return closed;
  }

  Talk user(String text) {
    messages.add(Message.user(text));
    return this;
  }

  Talk assistant(String text) {
    messages.add(Message.assistant(text));
    return this;
  }

  /** Running text instead of a conversation. */
  Talk prose(String text) {
    prose = true;
    messages.add(Message.assistant(text));
    return this;
  }

  Talk calls(String tool, Map<String, Object> arguments) {
    var call = new ToolCall(callId(), tool, arguments);
    messages.add(new Message(Role.ASSISTANT, "", List.of(call), null));
    return this;
  }

  Talk result(String text) {
    messages.add(Message.tool(callIdOfLast(), text));
    return this;
  }

  private String callId() {
    long calls = messages.stream().filter(each -> !each.toolCalls().isEmpty()).count();
    return "call_" + (calls + 1);
  }

  private String callIdOfLast() {
    return messages.getLast().toolCalls().getFirst().id();
  }

  /** The message just added by the assistant must satisfy this when a model writes it. */
  Talk expect(String measure, Check check) {
    expectations.add(new Expectation(messages.size() - 1, measure, check));
    return this;
  }

  Talk expectOfFirstReply(String measure, Check check) {
    for (int i = 0; i < messages.size(); i++) {
      if (messages.get(i).role() == Role.ASSISTANT) {
        expectations.add(new Expectation(i, measure, check));
        return this;
      }
    }
    throw new IllegalStateException("nobody has replied yet");
  }

  /** Characters said so far. */
  int length() {
    return messages.stream().mapToInt(each -> each.content().length()).sum();
  }

  TrainingExample finish(String skill, Distractions distractions) {
    if (prose) {
      return new TrainingExample(skill, messages, List.of(), heldOut);
    }
    if (tools == null) {
      tools = !closed && frame.chance(0.45) ? BuiltInTools.ALL : List.of();
    }
    if (!closed && memories.isEmpty() && frame.chance(0.2)) {
      memories.addAll(distractions.lines(frame.fresh(), today, frame.below(3) + 1));
    }
    if (preferences.isEmpty() && !closed && frame.chance(0.04)) {
      preferences.add("metric units");
    }
    var system = new ArrayList<Message>();
    String who = persona != null ? persona : somePersona();
    // What a remembered line is worth depends on when it was said: they stand in order of time.
    memories.sort(Comparator.comparing(MemoryBlock.Line::date));
    system.add(Message.system(SystemPrompt.render(who, today, preferences, numbered())));
    var all = new ArrayList<Message>(system);
    all.addAll(messages);
    List<Expectation> shifted =
        expectations.stream()
            .map(each -> new Expectation(each.message() + 1, each.measure(), each.check()))
            .toList();
    return new TrainingExample(skill, all, tools, heldOut, shifted);
  }

  /** Ids grow with time, with gaps: most of what was ever said is not recalled. */
  private List<MemoryBlock.Line> numbered() {
    var lines = new ArrayList<MemoryBlock.Line>();
    int id = frame.below(400);
    for (MemoryBlock.Line each : memories) {
      id += 1 + frame.below(30);
      lines.add(
          new MemoryBlock.Line(Integer.toString(id), each.date(), each.speaker(), each.text()));
    }
    return lines;
  }

  private String somePersona() {
    return frame.chance(0.85) ? SystemPrompt.PERSONA : frame.pick(PERSONAS);
  }

  /** Memories that have nothing to do with what is asked. */
  interface Distractions {
    List<MemoryBlock.Line> lines(Frame frame, LocalDate today, int count);
  }
}
