package dev.mneme.agent.internal;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.dataformat.yaml.YAMLMapper;

/** Files that people write, bound strictly, with errors that name file, line and remedy. */
public final class Yaml {
  private static final YAMLMapper MAPPER =
      YAMLMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .disable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .build();

  private Yaml() {}

  /**
   * Binds YAML (or JSON, which is YAML too) to a record.
   *
   * @param file named in errors
   * @throws IllegalArgumentException {@code FILE:LINE: PATH: what is wrong}
   */
  public static <T> T read(String yaml, String file, Class<T> type) {
    try {
      T value = MAPPER.readValue(yaml, type);
      if (value == null) {
        throw new IllegalArgumentException(file + ":1: the file is empty");
      }
      return value;
    } catch (JacksonException e) {
      throw new IllegalArgumentException(
          file + ":" + line(e, yaml) + ": " + path(e) + problem(e), e);
    }
  }

  /** Jackson loses the place when a record's creator buffers; then the path tells. */
  private static int line(JacksonException e, String yaml) {
    var at = e.getLocation();
    if (at != null && at.getLineNr() > 0 && !(e instanceof UnrecognizedPropertyException)) {
      return at.getLineNr();
    }
    return e instanceof DatabindException bind ? lineOf(yaml, keys(bind)) : 1;
  }

  private static List<Object> keys(DatabindException e) {
    List<Object> keys = new ArrayList<>();
    for (JacksonException.Reference each : e.getPath()) {
      keys.add(each.getPropertyName() == null ? (Object) each.getIndex() : each.getPropertyName());
    }
    return keys;
  }

  /**
   * The line on which a value stands, as well as it can be told from the text: block style with one
   * key a line is found exactly.
   *
   * @param path keys and, for items of lists, their positions
   */
  public static int lineOf(String yaml, List<?> path) {
    int from = 0;
    for (Object each : path) {
      from = each instanceof Integer index ? item(yaml, from, index) : key(yaml, from, each + "");
    }
    return (int) yaml.substring(0, from).chars().filter(c -> c == '\n').count() + 1;
  }

  private static int key(String yaml, int from, String key) {
    Matcher matcher =
        Pattern.compile("(?m)(^|[\\s{,\"'-])" + Pattern.quote(key) + "[\"']?[ \\t]*:")
            .matcher(yaml);
    return matcher.find(from) ? matcher.end() : from;
  }

  /** Only items of the same list count, not those of lists inside its items. */
  private static int item(String yaml, int from, int index) {
    Matcher matcher = Pattern.compile("(?m)^[ \\t]*- ").matcher(yaml);
    int indent = -1;
    int at = from;
    int seen = 0;
    while (seen <= index && matcher.find(at)) {
      int depth = matcher.group().length();
      indent = indent < 0 ? depth : indent;
      if (depth == indent) {
        seen++;
        from = matcher.start() + depth - 1;
      }
      at = matcher.end();
    }
    return from;
  }

  /** A path as errors show it: {@code agents[0].persona}. */
  public static String pathOf(List<?> path) {
    var text = new StringBuilder();
    for (Object each : path) {
      if (each instanceof Integer) {
        text.append('[').append(each).append(']');
      } else {
        text.append(text.isEmpty() ? "" : ".").append(each);
      }
    }
    return text.toString();
  }

  private static String path(JacksonException e) {
    String path = e instanceof DatabindException bind ? pathOf(keys(bind)) : "";
    return path.isEmpty() ? "" : path + ": ";
  }

  private static String problem(JacksonException e) {
    if (e instanceof UnrecognizedPropertyException unknown) {
      return "unknown key \""
          + unknown.getPropertyName()
          + "\"; expected one of "
          + unknown.getKnownPropertyIds();
    }
    Throwable cause = e;
    while (cause.getCause() != null && !(cause instanceof IllegalArgumentException)) {
      cause = cause.getCause();
    }
    String message =
        cause instanceof JacksonException jackson
            ? jackson.getOriginalMessage()
            : cause.getMessage();
    String first = String.valueOf(message).lines().findFirst().orElse("");
    return first.startsWith("problem: ") ? first.substring("problem: ".length()) : first;
  }
}
