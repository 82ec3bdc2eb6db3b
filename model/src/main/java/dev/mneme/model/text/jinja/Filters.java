package dev.mneme.model.text.jinja;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** {@code value | name(arguments)} and {@code value is name(arguments)}. */
final class Filters {
  private Filters() {}

  static Object apply(String name, Object value, List<Object> args, Map<String, Object> named) {
    return switch (name) {
      case "length", "count" -> length(value);
      case "trim" -> Methods.strip(Values.text(value), text(args, 0, ""), true, true);
      case "upper" -> Values.text(value).toUpperCase(Locale.ROOT);
      case "lower" -> Values.text(value).toLowerCase(Locale.ROOT);
      case "capitalize" -> Methods.capitalize(Values.text(value));
      case "title" -> Methods.title(Values.text(value));
      case "string" -> Values.text(value);
      case "safe" -> value;
      case "escape", "e" ->
          Values.text(value)
              .replace("&", "&amp;")
              .replace("<", "&lt;")
              .replace(">", "&gt;")
              .replace("'", "&#39;")
              .replace("\"", "&#34;");
      case "replace" -> Values.text(value).replace(text(args, 0, ""), text(args, 1, ""));
      case "tojson" -> {
        Object indent = argument(args, named, 0, "indent", Values.NONE);
        yield Values.json(
            value,
            indent instanceof Long n ? n.intValue() : 0,
            Values.truth(named.getOrDefault("sort_keys", false)));
      }
      case "join" -> join(value, args, named);
      case "first" -> {
        List<Object> items = Values.items(value);
        yield items.isEmpty() ? Values.UNDEFINED : items.getFirst();
      }
      case "last" -> {
        List<Object> items = Values.items(value);
        yield items.isEmpty() ? Values.UNDEFINED : items.getLast();
      }
      case "list" -> new ArrayList<>(Values.items(value));
      case "items" -> Methods.items(map(value));
      case "dictsort" -> {
        var items = Methods.items(map(value));
        items.sort(Comparator.comparing(i -> ((List<?>) i).getFirst(), Values::compare));
        yield items;
      }
      case "sort" -> {
        var items = new ArrayList<>(Values.items(value));
        Object attribute = argument(List.of(), named, 0, "attribute", Values.NONE);
        Comparator<Object> order =
            attribute instanceof String a
                ? Comparator.comparing(i -> Renderer.attribute(i, a), Values::compare)
                : Values::compare;
        boolean reverse = Values.truth(argument(args, named, 0, "reverse", false));
        items.sort(reverse ? order.reversed() : order);
        yield items;
      }
      case "reverse" -> {
        if (value instanceof String s) {
          yield new StringBuilder(s).reverse().toString();
        }
        yield new ArrayList<>(Values.items(value).reversed());
      }
      case "unique" -> new ArrayList<>(new LinkedHashSet<>(Values.items(value)));
      case "default", "d" -> {
        Object fallback = argument(args, named, 0, "default_value", "");
        boolean alsoFalse = Values.truth(argument(args, named, 1, "boolean", false));
        yield value.equals(Values.UNDEFINED) || (alsoFalse && !Values.truth(value))
            ? fallback
            : value;
      }
      case "int" -> integer(value, argument(args, named, 0, "default", 0L));
      case "float" -> {
        try {
          yield Values.isNumber(value)
              ? Values.number(value)
              : Double.parseDouble(Values.text(value).strip());
        } catch (NumberFormatException e) {
          yield argument(args, named, 0, "default", 0.0);
        }
      }
      case "abs" ->
          value instanceof Long n ? (Object) Math.abs(n) : (Object) Math.abs(Values.number(value));
      case "round" -> {
        long digits = argument(args, named, 0, "precision", 0L) instanceof Long n ? n : 0;
        yield java.math.BigDecimal.valueOf(Values.number(value))
            .setScale((int) digits, java.math.RoundingMode.HALF_EVEN)
            .doubleValue();
      }
      case "sum" -> {
        Object total = 0L;
        for (Object each : Values.items(value)) {
          total = Renderer.add(total, each);
        }
        yield total;
      }
      case "min" -> Values.items(value).stream().min(Values::compare).orElse(Values.UNDEFINED);
      case "max" -> Values.items(value).stream().max(Values::compare).orElse(Values.UNDEFINED);
      case "indent" -> indent(Values.text(value), args, named);
      case "map" -> mapEach(value, args, named);
      case "select", "reject" -> {
        var kept = new ArrayList<Object>();
        for (Object each : Values.items(value)) {
          boolean holds =
              args.isEmpty()
                  ? Values.truth(each)
                  : test(Values.text(args.getFirst()), each, args.subList(1, args.size()));
          if (holds == name.equals("select")) {
            kept.add(each);
          }
        }
        yield kept;
      }
      case "selectattr", "rejectattr" -> {
        var kept = new ArrayList<Object>();
        for (Object each : Values.items(value)) {
          Object attribute = Renderer.attribute(each, text(args, 0, ""));
          boolean holds =
              args.size() < 2
                  ? Values.truth(attribute)
                  : test(Values.text(args.get(1)), attribute, args.subList(2, args.size()));
          if (holds == name.equals("selectattr")) {
            kept.add(each);
          }
        }
        yield kept;
      }
      case "wordcount" -> (long) Methods.split(Values.text(value), List.of()).size();
      default -> throw new JinjaException("there is no filter " + name);
    };
  }

  static boolean test(String name, Object value, List<Object> args) {
    return switch (name) {
      case "defined" -> !value.equals(Values.UNDEFINED);
      case "undefined" -> value.equals(Values.UNDEFINED);
      case "none" -> value.equals(Values.NONE);
      case "string" -> value instanceof String;
      case "mapping" -> value instanceof Map;
      case "sequence" -> value instanceof List || value instanceof String || value instanceof Map;
      case "iterable" ->
          value instanceof java.util.Collection
              || value instanceof String
              || value instanceof Map
              || value.equals(Values.UNDEFINED);
      case "number" -> Values.isNumber(value);
      case "integer" -> Values.isInteger(value);
      case "float" -> value instanceof Double;
      case "boolean" -> value instanceof Boolean;
      case "true" -> Boolean.TRUE.equals(value);
      case "false" -> Boolean.FALSE.equals(value);
      case "callable" -> value instanceof Values.Function;
      case "odd" -> Math.floorMod((Long) value, 2L) == 1;
      case "even" -> Math.floorMod((Long) value, 2L) == 0;
      case "divisibleby" -> Math.floorMod((Long) value, (Long) args.getFirst()) == 0;
      case "equalto", "eq", "==", "sameas" -> Values.equal(value, args.getFirst());
      case "ne", "!=" -> !Values.equal(value, args.getFirst());
      case "lt", "<", "lessthan" -> Values.compare(value, args.getFirst()) < 0;
      case "le", "<=" -> Values.compare(value, args.getFirst()) <= 0;
      case "gt", ">", "greaterthan" -> Values.compare(value, args.getFirst()) > 0;
      case "ge", ">=" -> Values.compare(value, args.getFirst()) >= 0;
      case "in" -> Renderer.contains(args.getFirst(), value);
      case "lower" -> Values.text(value).equals(Values.text(value).toLowerCase(Locale.ROOT));
      case "upper" -> Values.text(value).equals(Values.text(value).toUpperCase(Locale.ROOT));
      default -> throw new JinjaException("there is no test " + name);
    };
  }

  private static Object length(Object value) {
    return switch (value) {
      case String s -> (long) s.codePointCount(0, s.length());
      case Map<?, ?> m -> (long) m.size();
      default -> (long) Values.items(value).size();
    };
  }

  private static String join(Object value, List<Object> args, Map<String, Object> named) {
    var out = new StringBuilder();
    String separator = Values.text(argument(args, named, 0, "d", ""));
    Object attribute = argument(args, named, 1, "attribute", Values.NONE);
    boolean first = true;
    for (Object each : Values.items(value)) {
      out.append(first ? "" : separator);
      out.append(Values.text(attribute instanceof String a ? Renderer.attribute(each, a) : each));
      first = false;
    }
    return out.toString();
  }

  private static Object integer(Object value, Object fallback) {
    if (Values.isNumber(value)) {
      return (long) Values.number(value);
    }
    try {
      return Long.parseLong(Values.text(value).strip());
    } catch (NumberFormatException e) {
      return fallback;
    }
  }

  private static String indent(String text, List<Object> args, Map<String, Object> named) {
    Object width = argument(args, named, 0, "width", 4L);
    String by = width instanceof Long n ? " ".repeat(n.intValue()) : Values.text(width);
    boolean first = Values.truth(argument(args, named, 1, "first", false));
    boolean blank = Values.truth(argument(args, named, 2, "blank", false));
    var out = new StringBuilder();
    String[] lines = text.split("\n", -1);
    for (int i = 0; i < lines.length; i++) {
      boolean indented = (i > 0 || first) && (blank || !lines[i].isBlank());
      out.append(i > 0 ? "\n" : "").append(indented ? by : "").append(lines[i]);
    }
    return out.toString();
  }

  private static Object mapEach(Object value, List<Object> args, Map<String, Object> named) {
    var mapped = new ArrayList<Object>();
    for (Object each : Values.items(value)) {
      if (named.get("attribute") instanceof String attribute) {
        Object found = Renderer.attribute(each, attribute);
        mapped.add(found.equals(Values.UNDEFINED) ? named.getOrDefault("default", found) : found);
      } else {
        mapped.add(
            apply(text(args, 0, ""), each, args.subList(1, args.size()), new LinkedHashMap<>()));
      }
    }
    return mapped;
  }

  static Object argument(
      List<Object> args, Map<String, Object> named, int index, String name, Object fallback) {
    if (index < args.size()) {
      return args.get(index);
    }
    return named.getOrDefault(name, fallback);
  }

  private static String text(List<Object> args, int index, String fallback) {
    return index < args.size() ? Values.text(args.get(index)) : fallback;
  }

  private static Map<?, ?> map(Object value) {
    if (value instanceof Map<?, ?> map) {
      return map;
    }
    throw new JinjaException("a dict was expected, got " + Values.type(value));
  }
}
