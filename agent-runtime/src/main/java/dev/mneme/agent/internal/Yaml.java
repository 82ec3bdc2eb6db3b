package dev.mneme.agent.internal;

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

  /**
   * Jackson loses the place when a record's creator buffers; then the last key of the path tells.
   */
  private static int line(JacksonException e, String yaml) {
    var at = e.getLocation();
    if (at != null && at.getLineNr() > 0 && !(e instanceof UnrecognizedPropertyException)) {
      return at.getLineNr();
    }
    int line = 1;
    int from = 0;
    if (e instanceof DatabindException bind) {
      for (JacksonException.Reference each : bind.getPath()) {
        String name = each.getPropertyName();
        Pattern place =
            name == null
                ? Pattern.compile("(?m)^\\s*- ?")
                : Pattern.compile("(?m)(^|[\\s{,\"'-])" + Pattern.quote(name) + "[\"']?\\s*:");
        Matcher matcher = place.matcher(yaml);
        int next = from;
        for (int i = 0; i <= Math.max(0, name == null ? each.getIndex() : 0); i++) {
          if (!matcher.find(next)) {
            break;
          }
          next = matcher.end();
        }
        from = next;
      }
      line = (int) yaml.substring(0, from).chars().filter(c -> c == '\n').count() + 1;
    }
    return line;
  }

  private static String path(JacksonException e) {
    var path = new StringBuilder();
    if (e instanceof DatabindException bind) {
      List<JacksonException.Reference> references = bind.getPath();
      for (JacksonException.Reference each : references) {
        if (each.getPropertyName() == null) {
          path.append('[').append(each.getIndex()).append(']');
        } else {
          path.append(path.isEmpty() ? "" : ".").append(each.getPropertyName());
        }
      }
    }
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
