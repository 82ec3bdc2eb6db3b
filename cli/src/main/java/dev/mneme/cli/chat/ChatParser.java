package dev.mneme.cli.chat;

import java.util.List;
import org.jline.reader.CompletingParsedLine;
import org.jline.reader.EOFError;
import org.jline.reader.ParsedLine;
import org.jline.reader.Parser;

/**
 * When a message is complete. Three double quotes open a block that the next three close; a
 * backslash at the end of a line continues it. Everything else is a message as it stands: quotes
 * and backslashes in it mean nothing.
 */
final class ChatParser implements Parser {
  private static final String FENCE = "\"\"\"";

  @Override
  public ParsedLine parse(String line, int cursor, ParseContext context) {
    if (context != ParseContext.COMPLETE) {
      if (line.startsWith(FENCE) && line.indexOf(FENCE, FENCE.length()) < 0) {
        throw new EOFError(-1, -1, "the block is open", FENCE);
      }
      if (line.endsWith("\\") && !line.startsWith(FENCE)) {
        throw new EOFError(-1, -1, "the line goes on", "\\");
      }
    }
    return new Words(line, cursor);
  }

  /** The message that was meant: without fences and continuation marks. */
  static String message(String line) {
    if (line.startsWith(FENCE)) {
      int end = line.indexOf(FENCE, FENCE.length());
      return line.substring(FENCE.length(), end < 0 ? line.length() : end).strip();
    }
    return line.replace("\\\n", "\n").strip();
  }

  /** Words between blanks, for completion. */
  private record Words(String line, int cursor) implements CompletingParsedLine {
    @Override
    public String word() {
      return words().get(wordIndex());
    }

    @Override
    public int wordCursor() {
      String before = line.substring(0, cursor);
      return cursor - (before.lastIndexOf(' ') + 1);
    }

    @Override
    public int wordIndex() {
      return (int) line.substring(0, cursor).chars().filter(c -> c == ' ').count();
    }

    @Override
    public CharSequence escape(CharSequence candidate, boolean complete) {
      return candidate;
    }

    @Override
    public int rawWordCursor() {
      return wordCursor();
    }

    @Override
    public int rawWordLength() {
      return word().length();
    }

    @Override
    public List<String> words() {
      return List.of(line.split(" ", -1));
    }
  }
}
