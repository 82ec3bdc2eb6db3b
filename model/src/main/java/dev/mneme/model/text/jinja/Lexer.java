package dev.mneme.model.text.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * Splits a template into tokens and settles white space: {@code -} strips all of it on its side,
 * {@code trim_blocks} takes the line end after a block, {@code lstrip_blocks} the indentation
 * before one, {@code +} keeps it.
 */
final class Lexer {
  private static final List<String> OPERATORS =
      List.of(
          "**", "//", "==", "!=", "<=", ">=", "+", "-", "*", "/", "%", "~", "<", ">", "=", "(", ")",
          "[", "]", "{", "}", ",", ":", ".", "|");

  private final String source;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;

  private Lexer(String source) {
    this.source = source;
  }

  static List<Token> tokens(String source) {
    String normal = source.replace("\r\n", "\n");
    // Jinja drops one line end at the end of a template.
    if (normal.endsWith("\n")) {
      normal = normal.substring(0, normal.length() - 1);
    }
    return new Lexer(normal).run();
  }

  private List<Token> run() {
    boolean stripStart = false;
    boolean trimNewline = false;
    while (true) {
      int tag = nextTag();
      String text = source.substring(at, tag < 0 ? source.length() : tag);
      int textLine = line;
      if (stripStart) {
        text = text.stripLeading();
      } else if (trimNewline && text.startsWith("\n")) {
        text = text.substring(1);
      }
      if (tag < 0) {
        emitText(text, textLine);
        countLines(at, source.length());
        tokens.add(new Token(Token.Kind.EOF, "the end of the template", line));
        return tokens;
      }
      countLines(at, tag);
      char kind = source.charAt(tag + 1);
      at = tag + 2;
      char control = at < source.length() ? source.charAt(at) : ' ';
      if (control == '-') {
        text = text.stripTrailing();
        at++;
      } else if (control == '+') {
        at++;
      } else if (kind != '{') {
        text = withoutIndentation(text, tag);
      }
      emitText(text, textLine);
      if (kind == '#') {
        int end = source.indexOf("#}", at);
        if (end < 0) {
          throw new JinjaException("line " + line + ": a comment {# is not closed");
        }
        countLines(at, end);
        stripStart = end > at && source.charAt(end - 1) == '-';
        trimNewline = !(end > at && source.charAt(end - 1) == '+');
        at = end + 2;
      } else {
        char close = inside(kind);
        stripStart = close == '-';
        trimNewline = kind == '%' && close != '+';
      }
    }
  }

  private void emitText(String text, int textLine) {
    if (!text.isEmpty()) {
      tokens.add(new Token(Token.Kind.TEXT, text, textLine));
    }
  }

  /** The text without the spaces before a tag that is the first thing on its line. */
  private String withoutIndentation(String text, int tag) {
    int lineStart = source.lastIndexOf('\n', tag - 1) + 1;
    if (!source.substring(lineStart, tag).isBlank()) {
      return text;
    }
    int keep = text.length();
    while (keep > 0 && (text.charAt(keep - 1) == ' ' || text.charAt(keep - 1) == '\t')) {
      keep--;
    }
    return text.substring(0, keep);
  }

  private int nextTag() {
    for (int i = source.indexOf('{', at); i >= 0; i = source.indexOf('{', i + 1)) {
      if (i + 1 < source.length() && "{%#".indexOf(source.charAt(i + 1)) >= 0) {
        return i;
      }
    }
    return -1;
  }

  /** Lexes a tag to its end and returns the character before the closing marker's end. */
  private char inside(char kind) {
    tokens.add(new Token(kind == '{' ? Token.Kind.OUTPUT : Token.Kind.BLOCK, "{" + kind, line));
    String close = kind == '{' ? "}}" : "%}";
    int startLine = line;
    int depth = 0;
    while (at < source.length()) {
      char c = source.charAt(at);
      if (Character.isWhitespace(c)) {
        line += c == '\n' ? 1 : 0;
        at++;
      } else if (depth == 0 && source.startsWith(close, at)) {
        tokens.add(new Token(Token.Kind.END, close, line));
        at += 2;
        return ' ';
      } else if ((c == '-' || c == '+') && source.startsWith(close, at + 1)) {
        tokens.add(new Token(Token.Kind.END, close, line));
        at += 3;
        return c;
      } else if (c == '"' || c == '\'') {
        string(c);
      } else if (Character.isDigit(c)) {
        number();
      } else if (Character.isLetter(c) || c == '_') {
        int start = at;
        while (at < source.length()
            && (Character.isLetterOrDigit(source.charAt(at)) || source.charAt(at) == '_')) {
          at++;
        }
        tokens.add(new Token(Token.Kind.NAME, source.substring(start, at), line));
      } else {
        String operator = operator();
        depth += "([{".contains(operator) ? 1 : ")]}".contains(operator) ? -1 : 0;
      }
    }
    throw new JinjaException("line " + startLine + ": a tag {" + kind + " is not closed");
  }

  private String operator() {
    for (String each : OPERATORS) {
      if (source.startsWith(each, at)) {
        tokens.add(new Token(Token.Kind.OPERATOR, each, line));
        at += each.length();
        return each;
      }
    }
    throw new JinjaException("line " + line + ": unexpected character " + source.charAt(at));
  }

  private void number() {
    int start = at;
    boolean real = false;
    while (at < source.length()) {
      char c = source.charAt(at);
      if (c == '.'
          && !real
          && at + 1 < source.length()
          && Character.isDigit(source.charAt(at + 1))) {
        real = true;
      } else if (!Character.isDigit(c) && c != '_') {
        break;
      }
      at++;
    }
    tokens.add(
        new Token(
            real ? Token.Kind.FLOAT : Token.Kind.INTEGER,
            source.substring(start, at).replace("_", ""),
            line));
  }

  private void string(char quote) {
    int startLine = line;
    var text = new StringBuilder();
    at++;
    while (at < source.length() && source.charAt(at) != quote) {
      char c = source.charAt(at++);
      if (c == '\n') {
        line++;
      }
      if (c != '\\' || at >= source.length()) {
        text.append(c);
        continue;
      }
      char escaped = source.charAt(at++);
      switch (escaped) {
        case 'n' -> text.append('\n');
        case 't' -> text.append('\t');
        case 'r' -> text.append('\r');
        case '\\', '\'', '"' -> text.append(escaped);
        case 'x' -> text.append((char) hex(2));
        case 'u' -> text.append((char) hex(4));
        case '\n' -> line++;
        default -> text.append('\\').append(escaped);
      }
    }
    if (at >= source.length()) {
      throw new JinjaException("line " + startLine + ": a string is not closed");
    }
    at++;
    tokens.add(new Token(Token.Kind.STRING, text.toString(), startLine));
  }

  private int hex(int digits) {
    if (at + digits > source.length()) {
      throw new JinjaException("line " + line + ": a string is not closed");
    }
    String text = source.substring(at, at + digits);
    at += digits;
    try {
      return Integer.parseInt(text, 16);
    } catch (NumberFormatException e) {
      throw new JinjaException("line " + line + ": \\u or \\x needs hex digits, got " + text);
    }
  }

  private void countLines(int from, int to) {
    for (int i = from; i < to; i++) {
      if (source.charAt(i) == '\n') {
        line++;
      }
    }
  }
}
