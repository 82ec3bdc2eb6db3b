package dev.mneme.evals.ifeval;

import static java.util.Objects.requireNonNull;

import java.util.List;
import java.util.Map;

/** The keyword arguments of one instruction, read with errors that name the argument. */
record Arguments(String instruction, Map<String, Object> values) {
  int integer(String name) {
    Object value = get(name);
    if (value instanceof Number number && number.doubleValue() == Math.rint(number.doubleValue())) {
      return number.intValue();
    }
    throw wrong(name, "a whole number", value);
  }

  String text(String name) {
    Object value = get(name);
    if (value instanceof String text) {
      return text;
    }
    throw wrong(name, "a text", value);
  }

  List<String> texts(String name) {
    Object value = get(name);
    if (value instanceof List<?> list && list.stream().allMatch(String.class::isInstance)) {
      return list.stream().map(String.class::cast).toList();
    }
    throw wrong(name, "a list of texts", value);
  }

  /** A comparison with the threshold, by the data's two relations. */
  Threshold threshold(String relation, String count) {
    int limit = integer(count);
    return switch (text(relation)) {
      case "less than" -> found -> found < limit;
      case "at least" -> found -> found >= limit;
      case String other -> throw wrong(relation, "\"less than\" or \"at least\"", other);
    };
  }

  private Object get(String name) {
    Object value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          "instruction " + instruction + " needs the argument \"" + name + "\", got " + values);
    }
    return requireNonNull(value);
  }

  private IllegalArgumentException wrong(String name, String expected, Object value) {
    return new IllegalArgumentException(
        "argument \"" + name + "\" of " + instruction + " must be " + expected + ", got " + value);
  }

  interface Threshold {
    boolean holds(int found);
  }
}
