package dev.mneme.model.text.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Python's values in Java's: conversion in, truth, equality, {@code str()} and JSON. */
public final class Values {
  /** Python's None. */
  public static final Object NONE = new Singleton("None");

  /** A name that nothing defines; prints as nothing, is false, has no attributes. */
  static final Object UNDEFINED = new Singleton("");

  private record Singleton(String text) {}

  /** What {@code namespace()} returns: the one value whose attributes can be set. */
  static final class Namespace {
    final Map<String, Object> attributes = new LinkedHashMap<>();
  }

  /** Something that can be called. */
  interface Function {
    Object call(List<Object> arguments, Map<String, Object> named);
  }

  private Values() {}

  /**
   * A Java value as the template sees it; collections are copied, so a template cannot change ours.
   */
  static Object of(@Nullable Object value) {
    return switch (value) {
      case null -> NONE;
      case Integer i -> (long) i;
      case Short s -> (long) s;
      case Byte b -> (long) b;
      case Float f -> (double) f;
      case Map<?, ?> map -> {
        var copy = new LinkedHashMap<Object, Object>();
        map.forEach((k, v) -> copy.put(of(k), of(v)));
        yield copy;
      }
      case Collection<?> items -> {
        var copy = new ArrayList<Object>(items.size());
        for (Object each : items) {
          copy.add(of(each));
        }
        yield copy;
      }
      default -> value;
    };
  }

  static boolean truth(Object value) {
    return switch (value) {
      case Boolean b -> b;
      case String s -> !s.isEmpty();
      case Long n -> n != 0;
      case Double d -> d != 0;
      case Number n -> n.doubleValue() != 0;
      case Collection<?> c -> !c.isEmpty();
      case Map<?, ?> m -> !m.isEmpty();
      default -> !value.equals(NONE) && !value.equals(UNDEFINED);
    };
  }

  static boolean equal(Object left, Object right) {
    if (isNumber(left) && isNumber(right)) {
      return left instanceof Long && right instanceof Long
          ? left.equals(right)
          : number(left) == number(right);
    }
    return left.equals(right);
  }

  static boolean isNumber(Object value) {
    return value instanceof Number || value instanceof Boolean;
  }

  static double number(Object value) {
    return value instanceof Boolean b ? (b ? 1 : 0) : ((Number) value).doubleValue();
  }

  static boolean isInteger(Object value) {
    return value instanceof Long || value instanceof java.math.BigInteger;
  }

  static String type(Object value) {
    return switch (value) {
      case String s -> "str";
      case Boolean b -> "bool";
      case Long n -> "int";
      case Number n -> "float";
      case Map<?, ?> m -> "dict";
      case Collection<?> c -> "list";
      default -> value.equals(NONE) ? "None" : value.equals(UNDEFINED) ? "undefined" : "object";
    };
  }

  /** Python's {@code str(value)}. */
  static String text(Object value) {
    return value instanceof String s ? s : repr(value);
  }

  private static String repr(Object value) {
    var out = new StringBuilder();
    repr(value, out);
    return out.toString();
  }

  private static void repr(Object value, StringBuilder out) {
    switch (value) {
      case String s -> {
        char quote = s.contains("'") && !s.contains("\"") ? '"' : '\'';
        out.append(quote);
        for (int i = 0; i < s.length(); i++) {
          char c = s.charAt(i);
          switch (c) {
            case '\n' -> out.append("\\n");
            case '\t' -> out.append("\\t");
            case '\r' -> out.append("\\r");
            case '\\' -> out.append("\\\\");
            default -> out.append(c == quote ? "\\" + c : String.valueOf(c));
          }
        }
        out.append(quote);
      }
      case Boolean b -> out.append(b ? "True" : "False");
      case Double d -> out.append(real(d));
      case Map<?, ?> map -> {
        out.append('{');
        String comma = "";
        for (var each : map.entrySet()) {
          out.append(comma);
          repr(each.getKey(), out);
          out.append(": ");
          repr(each.getValue(), out);
          comma = ", ";
        }
        out.append('}');
      }
      case Collection<?> items -> {
        out.append('[');
        String comma = "";
        for (Object each : items) {
          out.append(comma);
          repr(each, out);
          comma = ", ";
        }
        out.append(']');
      }
      case Singleton s -> out.append(s.text());
      default -> out.append(value);
    }
  }

  /** As Python prints a float: shortest digits, exponent only outside 1e-4 to 1e16. */
  private static String real(double d) {
    if (d == Math.rint(d) && Math.abs(d) < 1e16) {
      return Long.toString((long) d) + ".0";
    }
    double size = Math.abs(d);
    if (size >= 1e-4 && size < 1e16) {
      return new java.math.BigDecimal(Double.toString(d)).toPlainString();
    }
    return Double.isNaN(d)
        ? "nan"
        : Double.isInfinite(d) ? (d > 0 ? "inf" : "-inf") : Double.toString(d).replace('E', 'e');
  }

  /** Python's {@code json.dumps(value, ensure_ascii=False)}. */
  static String json(Object value, int indent, boolean sorted) {
    var out = new StringBuilder();
    json(value, indent, sorted, 1, out);
    return out.toString();
  }

  private static void json(Object value, int indent, boolean sorted, int depth, StringBuilder out) {
    switch (value) {
      case String s -> quote(s, out);
      case Boolean b -> out.append(b);
      case Double d ->
          out.append(
              Double.isNaN(d)
                  ? "NaN"
                  : Double.isInfinite(d) ? (d > 0 ? "Infinity" : "-Infinity") : real(d));
      case Map<?, ?> map -> {
        Map<?, ?> shown = sorted ? new java.util.TreeMap<>(map) : map;
        out.append('{');
        int i = 0;
        for (var each : shown.entrySet()) {
          separate(i++, indent, depth, out);
          quote(text(each.getKey()), out);
          out.append(": ");
          json(each.getValue(), indent, sorted, depth + 1, out);
        }
        finish(i, indent, depth, '}', out);
      }
      case Collection<?> items -> {
        out.append('[');
        int i = 0;
        for (Object each : items) {
          separate(i++, indent, depth, out);
          json(each, indent, sorted, depth + 1, out);
        }
        finish(i, indent, depth, ']', out);
      }
      case Number n -> out.append(n);
      default -> {
        if (!value.equals(NONE)) {
          throw new JinjaException("a value of type " + type(value) + " cannot be JSON");
        }
        out.append("null");
      }
    }
  }

  private static void separate(int i, int indent, int depth, StringBuilder out) {
    if (indent > 0) {
      out.append(i > 0 ? ",\n" : "\n").append(" ".repeat(indent * depth));
    } else if (i > 0) {
      out.append(", ");
    }
  }

  private static void finish(int i, int indent, int depth, char close, StringBuilder out) {
    if (indent > 0 && i > 0) {
      out.append('\n').append(" ".repeat(indent * (depth - 1)));
    }
    out.append(close);
  }

  private static void quote(String s, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < 0x20) {
            out.append(String.format(java.util.Locale.ROOT, "\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }

  static int compare(Object left, Object right) {
    if (left instanceof Long a && right instanceof Long b) {
      return Long.compare(a, b);
    }
    if (isNumber(left) && isNumber(right)) {
      return Double.compare(number(left), number(right));
    }
    if (left instanceof String a && right instanceof String b) {
      return a.compareTo(b);
    }
    throw new JinjaException(
        "values of types " + type(left) + " and " + type(right) + " have no order");
  }

  /** What a for loop walks over: a list's items, a map's keys, a string's characters. */
  static List<Object> items(Object value) {
    return switch (value) {
      case List<?> list -> new ArrayList<>(list);
      case Collection<?> items -> new ArrayList<>(items);
      case Map<?, ?> map -> new ArrayList<>(map.keySet());
      case String s -> s.codePoints().mapToObj(p -> (Object) Character.toString(p)).toList();
      default -> {
        if (value.equals(UNDEFINED)) {
          yield List.of();
        }
        throw new JinjaException("a value of type " + type(value) + " cannot be iterated over");
      }
    };
  }
}
