package dev.mneme.cli.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.Executors;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The whole program in a real pseudo-terminal: every slash command, the keys, the colours. */
@Timeout(600)
final class ChatTerminalTest {
  private static final String SCRIPT =
      """
      model: demo
      rules:
        - when: "(?i)^what is ([0-9+ ]+)"
          call: {name: calculator, arguments: {expression: "$1"}}
        - when_tool: "(.*)"
          reply: "That is $1."
        - when: "(?i)wrap"
          reply: "This reply is so long that a window of eighty columns cannot show it as one line without a break."
        - when: "(?s)first line.second line"
          reply: "Two lines."
      replies: ["Tell me more.", "I see.", "Go on."]
      repeat: true
      """;

  @TempDir Path dir;

  private Tmux chat(String environment, String arguments) throws IOException {
    Path home = dir.resolve("home");
    Files.createDirectories(home.resolve("personas"));
    Files.writeString(home.resolve("personas/tutor.md"), "You are a patient tutor.");
    Files.writeString(dir.resolve("script.yaml"), SCRIPT);
    Files.writeString(
        dir.resolve("classpath.args"),
        "-cp\n\"" + System.getProperty("java.class.path").replace("\\", "\\\\") + "\"\n");
    String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
    return new Tmux(
        dir,
        80,
        50,
        environment
            + " "
            + java
            + " -XX:+UseSerialGC --add-modules=jdk.incubator.vector"
            + " --enable-native-access=ALL-UNNAMED @"
            + dir.resolve("classpath.args")
            + " dev.mneme.cli.Main --home "
            + home
            + " chat "
            + arguments
            + "; echo left with $?");
  }

  private String scripted() {
    return "-m scripted:" + dir.resolve("script.yaml") + " ";
  }

  private static String command(Tmux terminal, String typed, String expected) {
    return terminal.enter(typed, expected);
  }

  @Test
  void everySlashCommandAnswers() throws IOException {
    try (Tmux terminal = chat("", scripted() + "--session first")) {
      terminal.await("\n>");
      command(terminal, "My sister Ana lives in Lisbon", "Tell me more.");
      command(terminal, "/good clear and short", "Noted: good.");
      command(terminal, "/bad", "Noted: not good. /fix says");
      command(terminal, "/fix How nice for Ana!", "The next cycle learns from it.");
      command(terminal, "/retry", "I see.");
      command(terminal, "/why", "given no memories");
      command(terminal, "What is 2 + 3?", "That is 5.");
      assertThat(terminal.screen()).contains("[calculator {\"expression\":\"2 + 3\"}]", "-> 5");
      command(terminal, "/undo", "Taken back: What is 2 + 3?");
      String found = command(terminal, "/memory where does my sister live", "user: My sister");
      Matcher id = Pattern.compile("\\[(\\w+)] \\S+ user: My sister").matcher(found);
      assertThat(id.find()).isTrue();
      command(terminal, "/preferences", "Nothing yet");
      command(terminal, "/persona", "There are: default, tutor");
      command(terminal, "/persona tutor", "Now tutor answers.");
      command(terminal, "/tools", "convert_units");
      command(terminal, "/tools deny clock", "deny   clock");
      command(terminal, "/stats", "known");
      command(terminal, "/export", "first.jsonl");
      command(terminal, "/new other", "A new conversation: other");
      command(terminal, "Where does my sister live?", "Go on.");
      command(terminal, "/why", "user: My sister Ana");
      command(terminal, "/sessions", "My sister Ana lives in Lisbon");
      command(terminal, "/resume first", "Session first, 3 turns:");
      command(terminal, "/memory forget " + id.group(1), "Forgotten: " + id.group(1));
      command(terminal, "/evolve", "NOTHING_TO_LEARN");
      command(terminal, "/model", "(* is active)");
      command(terminal, "/model no-such-model", "there is no model no-such-model");
      command(terminal, "/model rollback", "roll back");
      terminal.forget();
      command(terminal, "/help", "several lines between");
      terminal.ready();
      for (String each :
          "help good bad fix retry undo why memory preferences model persona tools sessions resume new stats evolve export quit"
              .split(" ")) {
        assertThat(terminal.screen()).contains("/" + each);
      }
      command(terminal, "/quit", "left with 0");
    }
    assertThat(Files.readAllLines(dir.resolve("home/first.jsonl"))).hasSize(3);
  }

  @Test
  void keysJudgeCompleteSearchPasteAndWrap() throws IOException {
    try (Tmux terminal = chat("", scripted())) {
      terminal.await("\n>");
      command(terminal, "Good morning", "Tell me more.");
      terminal.ready();
      terminal.press("+");
      terminal.await("Noted: good.");
      terminal.ready();
      terminal.press("-");
      terminal.await("Noted: not good.");
      terminal.ready();
      terminal.type("/per");
      terminal.press("Tab");
      terminal.type("tu");
      terminal.press("Tab");
      terminal.await("/persona tutor");
      terminal.press("C-u");
      terminal.press("C-r");
      terminal.type("morn");
      terminal.await("Good morning");
      terminal.press("Enter");
      terminal.await("I see.");
      terminal.ready();
      terminal.paste("first line\nsecond line");
      terminal.press("Enter");
      terminal.await("Two lines.");
      terminal.forget();
      command(terminal, "\"\"\"first line", "\n.");
      command(terminal, "second line\"\"\"", "Two lines.");
      terminal.forget();
      command(terminal, "please wrap", "without a break.");
      terminal.ready();
      assertThat(terminal.screen()).contains("as one line\nwithout a break.");
      terminal.resize(60, 50);
      terminal.forget();
      command(terminal, "wrap again", "without a break.");
      terminal.ready();
      assertThat(terminal.screen()).contains("columns cannot\nshow it");
      terminal.ready();
      terminal.type("half a line");
      terminal.await("> half a line");
      terminal.press("C-c");
      terminal.ready();
      terminal.press("C-c");
      terminal.await("Ctrl-D leaves.");
      terminal.ready();
      terminal.press("C-d");
      terminal.await("'mneme chat --continue' resumes it.");
      terminal.await("left with 0");
      assertThat(terminal.colours()).contains("\u001b[2m");
    }
  }

  @Test
  void noColourIsUsedWhereNoneIsWanted() throws IOException {
    try (Tmux terminal = chat("NO_COLOR=1 TERM=dumb", scripted())) {
      terminal.await("leaves.");
      command(terminal, "Good morning", "Tell me more.");
      command(terminal, "/help", "several lines between");
      terminal.ready();
      assertThat(terminal.colours()).doesNotContain("\u001b[");
      command(terminal, "/quit", "left with 0");
    }
  }

  @Test
  void ctrlCStopsAReplyKeepsWhatCameAndContinueShowsIt() throws IOException {
    HttpServer slow =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    try (var threads = Executors.newVirtualThreadPerTaskExecutor()) {
      slow.setExecutor(threads);
      slow.createContext(
          "/",
          exchange -> {
            exchange.getRequestBody().readAllBytes();
            exchange.getResponseHeaders().set("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            try (var out = exchange.getResponseBody()) {
              for (int i = 1; i <= 2000; i++) {
                out.write(
                    ("data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"word"
                            + i
                            + " \"}}]}\n\n")
                        .getBytes(UTF_8));
                out.flush();
                Thread.sleep(50);
              }
            } catch (IOException | InterruptedException e) {
              // The chat hung up, as it should.
            }
          });
      slow.start();
      String model = "-m http://127.0.0.1:" + slow.getAddress().getPort() + "/v1#slow ";
      try (Tmux terminal = chat("", model + "--session slow")) {
        terminal.await("\n>");
        command(terminal, "Count for me", "word5");
        terminal.press("C-c");
        terminal.await("(stopped; what came is kept)");
        command(terminal, "/quit", "left with 0");
      }
      try (Tmux terminal = chat("", scripted() + "--continue")) {
        terminal.await("Session slow, 2 turns:");
        terminal.ready();
        assertThat(terminal.screen()).contains("> Count for me", "word5").doesNotContain("word500");
        command(terminal, "/good", "Noted: good.");
        command(terminal, "/quit", "left with 0");
      }
    } finally {
      slow.stop(0);
    }
  }
}
