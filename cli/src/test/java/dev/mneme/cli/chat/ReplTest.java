package dev.mneme.cli.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.Agent;
import dev.mneme.agent.AgentConfig;
import dev.mneme.agent.AgentMemory;
import dev.mneme.agent.InMemoryAgentMemory;
import dev.mneme.agent.Persona;
import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.data.Sampling;
import dev.mneme.data.Scope;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.function.Consumer;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Drives the chat through a terminal made of two streams, as a person's keys would. */
class ReplTest {
  private static final InstantSource CLOCK =
      InstantSource.fixed(Instant.parse("2026-03-01T10:00:00Z"));

  @TempDir Path dir;
  private final InMemoryAgentMemory memory = new InMemoryAgentMemory();

  private String type(String keys) throws IOException {
    var screen = new ByteArrayOutputStream();
    try (Terminal terminal =
        new DumbTerminal(
            "test", "dumb", new ByteArrayInputStream(keys.getBytes(UTF_8)), screen, UTF_8)) {
      new Repl(new Host(), terminal, Style.PLAIN, Persona.DEFAULT, "s1", CLOCK, List.of()).run();
    }
    return screen.toString(UTF_8);
  }

  @Test
  void aMessageIsAnsweredAndLogged() throws IOException {
    assertThat(type("hello\n")).contains("First reply.");
    assertThat(memory.recentTurns(new Host().scope("s1"), 10)).hasSize(2);
  }

  @Test
  void feedbackCommandsBecomeSignals() throws IOException {
    type("hello\n/good nice\n/bad too long\n/fix Hi!\n");
    assertThat(memory.signals())
        .extracting(s -> s.signal().getClass().getSimpleName())
        .containsExactly("Thumb", "Thumb", "Fix");
  }

  @Test
  void aRetryKeepsBothReplies() throws IOException {
    assertThat(type("hello\n/retry\n")).contains("First reply.").contains("Second reply.");
    assertThat(memory.recentTurns(new Host().scope("s1"), 10)).hasSize(3);
    assertThat(memory.signals())
        .extracting(s -> s.signal().getClass().getSimpleName())
        .containsExactly("Retry");
  }

  @Test
  void undoTakesTheExchangeOutOfMemory() throws IOException {
    assertThat(type("hello\n/undo\n/undo\n"))
        .contains("Taken back: hello")
        .contains("nothing to take back");
    assertThat(memory.recentTurns(new Host().scope("s1"), 10)).isEmpty();
  }

  @Test
  void everyCommandAnswersAndNoneThrows() throws IOException {
    String screen =
        type(
            """
            hello
            /help
            /why
            /memory hello
            /preferences
            /model
            /model other
            /model rollback
            /persona
            /persona default
            /tools
            /sessions
            /resume s1
            /stats
            /evolve
            /export
            /new elsewhere
            /good
            /nonsense
            /quit
            """);
    assertThat(screen)
        .contains("/retry")
        .contains("scripted")
        .contains("rolled back")
        .contains("evolved")
        .contains("Written: ")
        .contains("A new conversation: elsewhere")
        .contains("There is no reply yet.")
        .contains("There is no /nonsense");
    assertThat(dir.resolve("s1.jsonl")).isNotEmptyFile();
  }

  @Test
  void aMessageMaySpanLines() throws IOException {
    type("\"\"\"one\ntwo\"\"\"\nthree \\\nfour\n");
    assertThat(memory.recentTurns(new Host().scope("s1"), 10))
        .extracting(t -> t.message().content())
        .contains("one\ntwo", "three \nfour");
  }

  @Test
  void anEarlierConversationIsShownWhenItIsResumed() throws IOException {
    type("hello there\n");
    assertThat(type("/quit\n")).contains("> hello there").contains("First reply.");
  }

  private final class Host implements ChatHost {
    private final ScriptedChatModel model =
        ScriptedChatModel.replying("First reply.", "Second reply.", "Third reply.");

    @Override
    public Agent agent(Persona persona, PermissionAsker asker) {
      return new Agent(
          model,
          memory,
          ToolBox.empty(),
          scope -> List.of(),
          AgentConfig.defaults(persona, Sampling.greedy(64), ZoneOffset.UTC),
          CLOCK);
    }

    @Override
    public AgentMemory memory() {
      return memory;
    }

    @Override
    public Scope scope(String session) {
      return new Scope("local", "ann", "mneme", session);
    }

    @Override
    public String newSessionId() {
      return "s2";
    }

    @Override
    public List<String> personas() {
      return List.of("default");
    }

    @Override
    public Persona persona(String name) {
      return Persona.DEFAULT;
    }

    @Override
    public String describeModel() {
      return "scripted";
    }

    @Override
    public List<String> models() {
      return List.of("* scripted");
    }

    @Override
    public List<String> modelNames() {
      return List.of("scripted");
    }

    @Override
    public int maxTokens() {
      return 64;
    }

    @Override
    public void useModel(String name) {}

    @Override
    public String rollbackModel() {
      return "rolled back";
    }

    @Override
    public void evolve(Consumer<String> show) {
      show.accept("evolved");
    }

    @Override
    public List<String> preferences() {
      return List.of();
    }

    @Override
    public Path historyFile() {
      return dir.resolve("history");
    }

    @Override
    public Path exportFolder() {
      return dir;
    }
  }
}
