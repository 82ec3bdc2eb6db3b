package dev.mneme.cli.chat;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.function.Supplier;

/** A program in a real pseudo-terminal, with tmux as the person before it. */
final class Tmux implements AutoCloseable {
  private static final long PATIENCE_NANOS = TimeUnit.MINUTES.toNanos(2);

  private final Path socket;

  /** Starts a shell command in a window of that size. */
  Tmux(Path dir, int columns, int rows, String command) {
    assumeTrue(works(), "tmux is not installed, so nothing can be typed into a terminal");
    socket = dir.resolve("tmux");
    tmux("-f", "/dev/null", "new-session", "-d", "-x", "" + columns, "-y", "" + rows, command);
    tmux("set-option", "-g", "remain-on-exit", "on");
  }

  private static boolean works() {
    try {
      return new ProcessBuilder("tmux", "-V").redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  private String tmux(String... arguments) {
    List<String> command = new ArrayList<>(List.of("tmux", "-S", socket.toString()));
    command.addAll(List.of(arguments));
    try {
      var builder = new ProcessBuilder(command).redirectErrorStream(true);
      // A test that wants no colour says so itself.
      builder.environment().remove("NO_COLOR");
      Process process = builder.start();
      String said = new String(process.getInputStream().readAllBytes(), UTF_8);
      if (process.waitFor() != 0) {
        throw new AssertionError(command + " failed: " + said);
      }
      return said;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  /** Types letters as they are. */
  void type(String text) {
    tmux("send-keys", "-l", "--", text);
  }

  /** Presses keys by their tmux names: Enter, Tab, C-c. */
  void press(String... keys) {
    List<String> arguments = new ArrayList<>(List.of("send-keys"));
    arguments.addAll(List.of(keys));
    tmux(arguments.toArray(String[]::new));
  }

  /** Pastes as a terminal does that marks what is pasted. */
  void paste(String text) {
    tmux("set-buffer", "--", text);
    tmux("paste-buffer", "-p");
  }

  void resize(int columns, int rows) {
    tmux("resize-window", "-x", "" + columns, "-y", "" + rows);
  }

  /** What is to be seen, and what scrolled away. */
  String screen() {
    return tmux("capture-pane", "-p", "-S", "-");
  }

  /** The same with its codes for colour. */
  String colours() {
    return tmux("capture-pane", "-p", "-e", "-S", "-");
  }

  /** Clears the screen and what scrolled away; an empty prompt is left. */
  void forget() {
    ready();
    tmux("send-keys", "C-l");
    await("an empty screen", () -> tmux("capture-pane", "-p"), shown -> isPrompt(shown.strip()));
    tmux("clear-history");
  }

  /** Waits until the program has said what it had to say and asks for the next line. */
  void ready() {
    await(
        "an empty prompt",
        this::screen,
        screen -> isPrompt(screen.substring(screen.stripTrailing().lastIndexOf('\n') + 1).strip()));
  }

  /** For a message, or for one more line of a message. */
  private static boolean isPrompt(String line) {
    return line.equals(">") || line.equals(".");
  }

  /** Types a line when it is asked for, and waits for a text to come up behind it. */
  String enter(String line, String expected) {
    ready();
    type(line);
    await(
        "\"" + line + "\" as typed",
        this::screen,
        screen -> screen.stripTrailing().endsWith(" " + line));
    press("Enter");
    return await(
        "\"" + expected + "\" behind \"" + line + "\"",
        this::screen,
        screen -> screen.indexOf(expected, screen.lastIndexOf(" " + line)) >= 0);
  }

  /** Waits for a text to come up; gives the screen. */
  String await(String text) {
    return await("\"" + text + "\"", this::screen, screen -> screen.contains(text));
  }

  private static String await(String what, Supplier<String> look, Predicate<String> there) {
    long until = System.nanoTime() + PATIENCE_NANOS;
    String seen = look.get();
    while (!there.test(seen)) {
      if (System.nanoTime() > until) {
        throw new AssertionError(what + " did not come up; the screen:\n" + seen.stripTrailing());
      }
      pause();
      seen = look.get();
    }
    return seen;
  }

  private static void pause() {
    try {
      Thread.sleep(60);
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
  }

  @Override
  public void close() {
    tmux("kill-server");
  }
}
