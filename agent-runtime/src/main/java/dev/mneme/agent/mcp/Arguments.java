package dev.mneme.agent.mcp;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The arguments of a call, read with errors a model can act on. */
record Arguments(Map<String, Object> values) {
  String text(String name) {
    String text = textOrNull(name);
    if (text == null || text.isBlank()) {
      throw new IllegalArgumentException("\"" + name + "\" must be a text that is not empty");
    }
    return text;
  }

  @Nullable String textOrNull(String name) {
    return values.get(name) instanceof String text && !text.isBlank() ? text : null;
  }

  int number(String name, int otherwise, int least, int most) {
    Object value = values.get(name);
    if (value == null) {
      return otherwise;
    }
    if (!(value instanceof Number number)
        || number.intValue() < least
        || number.intValue() > most) {
      throw new IllegalArgumentException(
          "\"" + name + "\" must be a whole number from " + least + " to " + most + ": " + value);
    }
    return number.intValue();
  }

  @Nullable Instant instant(String name) {
    String text = textOrNull(name);
    if (text == null) {
      return null;
    }
    try {
      return text.length() == 10 ? Instant.parse(text + "T00:00:00Z") : Instant.parse(text);
    } catch (DateTimeParseException e) {
      throw new IllegalArgumentException(
          "\"" + name + "\" must be a date such as 2026-03-04 or 2026-03-04T12:00:00Z: " + text, e);
    }
  }

  /** The objects of a list; each with its own keys. */
  List<Arguments> objects(String name) {
    return list(name).stream()
        .map(
            each -> {
              if (!(each instanceof Map<?, ?> map)) {
                throw new IllegalArgumentException("\"" + name + "\" must be a list of objects");
              }
              Map<String, Object> copy = new LinkedHashMap<>();
              map.forEach((key, value) -> copy.put(String.valueOf(key), value));
              return new Arguments(copy);
            })
        .toList();
  }

  List<String> texts(String name) {
    return list(name).stream()
        .map(
            each -> {
              if (!(each instanceof String text)) {
                throw new IllegalArgumentException("\"" + name + "\" must be a list of texts");
              }
              return text;
            })
        .toList();
  }

  private List<?> list(String name) {
    if (!(values.get(name) instanceof List<?> list)) {
      throw new IllegalArgumentException("\"" + name + "\" must be a list");
    }
    return list;
  }
}
