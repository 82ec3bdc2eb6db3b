package dev.mneme.agent.internal;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.lang.reflect.Field;
import java.lang.reflect.Modifier;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.InvalidFormatException;
import tools.jackson.databind.exc.MismatchedInputException;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.exc.ValueInstantiationException;
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
      T value = yaml.isBlank() ? null : MAPPER.readValue(yaml, type);
      if (value == null) {
        throw new IllegalArgumentException(file + ":1: the file is empty");
      }
      return value;
    } catch (ValueInstantiationException e) {
      // A key that is misspelt is missing, too; the misspelling says more.
      String known = unknownKey(yaml, e);
      if (known != null) {
        List<Object> keys = keys(e);
        keys.add(known);
        throw new IllegalArgumentException(
            file
                + ":"
                + lineOf(yaml, keys)
                + ": "
                + pathOf(keys)
                + ": unknown key \""
                + known
                + "\"; expected one of "
                + names(e.getType().getRawClass()),
            e);
      }
      throw new IllegalArgumentException(
          file + ":" + lineOf(yaml, keys(e)) + ": " + path(e) + problem(e), e);
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

  /** The first key of the object that could not be made which it has no place for; or null. */
  private static @Nullable String unknownKey(String yaml, ValueInstantiationException e) {
    List<String> names = names(e.getType().getRawClass());
    JsonNode at = MAPPER.readTree(yaml);
    for (Object each : keys(e)) {
      at = each instanceof Integer index ? at.path(index) : at.path(String.valueOf(each));
    }
    return names.isEmpty()
        ? null
        : at.propertyNames().stream()
            .filter(each -> !names.contains(each))
            .findFirst()
            .orElse(null);
  }

  /** What keys a record, or values an enum, has in a file; empty for other types. */
  private static List<String> names(Class<?> type) {
    List<String> names = new ArrayList<>();
    for (Field each : type.getDeclaredFields()) {
      if (type.isRecord() ? !Modifier.isStatic(each.getModifiers()) : each.isEnumConstant()) {
        JsonProperty named = each.getAnnotation(JsonProperty.class);
        names.add(named == null || named.value().isEmpty() ? each.getName() : named.value());
      }
    }
    return names;
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

  /** What to write for a value of that type. */
  private static String kind(Class<?> type) {
    if (Collection.class.isAssignableFrom(type)) {
      return "list";
    }
    if (Map.class.isAssignableFrom(type) || type.isRecord()) {
      return "map of keys and values";
    }
    if (type.isPrimitive() || Number.class.isAssignableFrom(type)) {
      return type == boolean.class ? "true or false" : "number";
    }
    if (type == Duration.class) {
      return "length of time like PT4H";
    }
    return type == Instant.class ? "moment like 2026-01-05T08:00:00Z" : "text";
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
    if (e instanceof InvalidFormatException wrong && wrong.getTargetType() != null) {
      Class<?> type = wrong.getTargetType();
      return "\""
          + wrong.getValue()
          + "\" is "
          + (type.isEnum() ? "none of " + names(type) : "no " + kind(type));
    }
    if (e instanceof MismatchedInputException wrong
        && !(e instanceof ValueInstantiationException)
        && wrong.getTargetType() != null) {
      return "expected a " + kind(wrong.getTargetType());
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
