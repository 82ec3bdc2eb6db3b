package dev.mneme.cli.chat;

/** Colour where it is wanted: never with {@code NO_COLOR}, a dumb terminal or a pipe. */
public record Style(boolean enabled) {
  public static final Style PLAIN = new Style(false);

  public String dim(String text) {
    return wrap("\u001b[2m", text);
  }

  public String bold(String text) {
    return wrap("\u001b[1m", text);
  }

  public String warning(String text) {
    return wrap("\u001b[33m", text);
  }

  private String wrap(String code, String text) {
    return enabled ? code + text + "\u001b[0m" : text;
  }
}
