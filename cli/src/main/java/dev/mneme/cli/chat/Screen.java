package dev.mneme.cli.chat;

import java.io.PrintWriter;
import java.time.Duration;
import org.jline.terminal.Terminal;
import org.jspecify.annotations.Nullable;

/**
 * What the chat writes on: lines broken between words, replies that come in pieces, and a sign that
 * a reply is on its way when its first word takes a while.
 *
 * <p>Thread-safe: the sign is put up by a thread of its own.
 */
final class Screen {
  private static final Duration PATIENCE = Duration.ofMillis(400);
  private static final int ENTRY = 29;

  /** With fewer columns behind a name its text stands below it. */
  private static final int NARROW = 24;

  private static final String BELOW = "      ";
  private static final String SIGN = "...";

  private final Terminal terminal;
  private final PrintWriter out;
  private final Style style;
  private @Nullable WordWrap reply;
  private int waits;
  private boolean waiting;
  private boolean signUp;

  Screen(Terminal terminal, Style style) {
    this.terminal = terminal;
    this.out = terminal.writer();
    this.style = style;
  }

  Style style() {
    return style;
  }

  /** Asked each time, because a window may change its size. */
  private int width() {
    return terminal.getSize().getColumns();
  }

  /** A line of the chat's own; a reply that has begun is ended first. */
  synchronized void say(String line) {
    endReply();
    takeSignDown();
    // Codes for colour take no columns: such lines are short and left to the terminal.
    out.println(line.indexOf('\u001b') >= 0 ? line : WordWrap.wrap(line, width()));
    out.flush();
  }

  /** The same, set back against what is said. */
  void aside(String line) {
    say(style.dim(WordWrap.wrap(line, width())));
  }

  void warn(String line) {
    say(style.warning(WordWrap.wrap(line, width())));
  }

  /** A row of a list: a name in front, and behind it a text that is cut to the line. */
  void row(String head, String text) {
    int room = room(WordWrap.columns(head));
    if (room < NARROW) {
      say(head.stripTrailing());
      say(BELOW + style.dim(cut(text, room(BELOW.length()))));
    } else {
      say(head + style.dim(cut(text, room)));
    }
  }

  /** A name and, in a column of its own or below it, what it is. */
  void entry(String name, String text) {
    String head = "  " + name + " ".repeat(Math.max(1, ENTRY - name.length()));
    boolean below = room(head.length()) < NARROW;
    String margin = below ? BELOW : " ".repeat(head.length());
    String[] lines = WordWrap.wrap(text, room(margin.length())).split("\n");
    if (below) {
      say(head.stripTrailing());
    }
    for (int i = 0; i < lines.length; i++) {
      say((i == 0 && !below ? head : margin) + style.dim(lines[i]));
    }
  }

  /** How many columns are left behind a head. */
  private int room(int head) {
    int width = width();
    return width <= 0 ? Integer.MAX_VALUE : width - head - 1;
  }

  /** A piece of a reply. */
  synchronized void piece(String text) {
    takeSignDown();
    WordWrap to = reply;
    if (to == null) {
      to = new WordWrap(width(), out::print);
      reply = to;
    }
    to.accept(text);
    out.flush();
  }

  /** Ends the line of the reply, if there is one. */
  synchronized void endReply() {
    WordWrap to = reply;
    if (to != null) {
      to.end();
      reply = null;
      if (to.inLine()) {
        out.println();
      }
      out.flush();
    }
  }

  synchronized void blank() {
    out.println();
    out.flush();
  }

  /** From now on something is expected; the sign goes up when it takes a while. */
  synchronized void expect() {
    if (!style.enabled()) {
      return;
    }
    waiting = true;
    int mine = ++waits;
    Thread.ofVirtual()
        .name("waiting-sign")
        .start(
            () -> {
              try {
                Thread.sleep(PATIENCE);
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                return;
              }
              putSignUp(mine);
            });
  }

  private synchronized void putSignUp(int wait) {
    if (waiting && wait == waits && reply == null) {
      out.print(style.dim(SIGN));
      out.flush();
      signUp = true;
    }
  }

  /** Nothing is expected any more. */
  synchronized void takeSignDown() {
    waiting = false;
    if (signUp) {
      out.print("\r\u001b[K");
      out.flush();
      signUp = false;
    }
  }

  /** One line of at most so many columns. */
  static String cut(String text, int columns) {
    String line = text.replaceAll("\\s+", " ").strip();
    if (WordWrap.columns(line) <= columns) {
      return line;
    }
    var kept = new StringBuilder();
    int used = 3;
    for (int character : line.codePoints().toArray()) {
      used += WordWrap.columns(Character.toString(character));
      if (used > columns) {
        break;
      }
      kept.appendCodePoint(character);
    }
    return kept + "...";
  }
}
