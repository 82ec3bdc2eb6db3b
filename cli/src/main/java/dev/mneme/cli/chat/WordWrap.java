package dev.mneme.cli.chat;

import java.util.function.Consumer;
import org.jline.utils.WCWidth;

/**
 * Breaks a text that comes in pieces between words, as late as the last word allows. Lines of a
 * list go on under their text; code between three backquotes stays as it is.
 *
 * <p>One thread at a time.
 */
final class WordWrap {
  private static final int NARROWEST = 20;
  private static final String FENCE = "```";

  private final int width;
  private final Consumer<String> out;
  private final StringBuilder word = new StringBuilder();
  private int column;
  private int spaces;
  private int indent;
  private boolean firstWord = true;
  private boolean code;

  /**
   * @param width columns of the screen; below 20, as with a terminal that does not tell, nothing is
   *     broken
   */
  WordWrap(int width, Consumer<String> out) {
    this.width = width < NARROWEST ? Integer.MAX_VALUE : width;
    this.out = out;
  }

  /** A whole text at once. */
  static String wrap(String text, int width) {
    var wrapped = new StringBuilder();
    var wrap = new WordWrap(width, wrapped::append);
    wrap.accept(text);
    wrap.end();
    return wrapped.toString();
  }

  void accept(String piece) {
    piece.codePoints().forEach(this::accept);
  }

  private void accept(int character) {
    if (character == '\n') {
      flush();
      out.accept("\n");
      column = 0;
      spaces = 0;
      indent = 0;
      firstWord = true;
    } else if (character == ' ' || character == '\t') {
      flush();
      spaces += character == ' ' ? 1 : 4;
    } else if (WCWidth.wcwidth(character) == 2) {
      // Scripts without blanks may be broken between any two of their characters.
      flush();
      word.appendCodePoint(character);
      flush();
    } else {
      word.appendCodePoint(character);
    }
  }

  /** No more comes. */
  void end() {
    flush();
  }

  /** Whether the last line is not ended. */
  boolean inLine() {
    return column > 0;
  }

  private void flush() {
    if (word.isEmpty()) {
      return;
    }
    String text = word.toString();
    word.setLength(0);
    int columns = columns(text);
    if (firstWord) {
      firstWord = false;
      if (text.startsWith(FENCE)) {
        code = !code;
      }
      boolean item = text.matches("[-*•]|\\d{1,3}[.)]");
      indent = Math.min(spaces + (item ? columns + 1 : 0), width / 2);
    }
    if (!code && column > 0 && column + spaces + columns > width) {
      out.accept("\n" + " ".repeat(indent));
      column = indent;
    } else {
      out.accept(" ".repeat(spaces));
      column += spaces;
    }
    spaces = 0;
    out.accept(text);
    column += columns;
  }

  /** How many columns a text takes. */
  static int columns(String text) {
    return text.codePoints().map(character -> Math.max(0, WCWidth.wcwidth(character))).sum();
  }
}
