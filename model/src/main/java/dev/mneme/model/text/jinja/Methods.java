package dev.mneme.model.text.jinja;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The methods of Python's str, dict and list that templates call. */
final class Methods {
  private Methods() {}

  static Object call(Object of, String name, List<Object> args) {
    return switch (of) {
      case String s -> ofString(s, name, args);
      case Map<?, ?> m -> ofMap(m, name, args);
      case List<?> l -> ofList(l, name, args);
      default -> throw unknown(of, name);
    };
  }

  private static Object ofString(String s, String name, List<Object> args) {
    return switch (name) {
      case "strip" -> strip(s, characters(args), true, true);
      case "lstrip" -> strip(s, characters(args), true, false);
      case "rstrip" -> strip(s, characters(args), false, true);
      case "upper" -> s.toUpperCase(Locale.ROOT);
      case "lower" -> s.toLowerCase(Locale.ROOT);
      case "capitalize" -> capitalize(s);
      case "title" -> title(s);
      case "split" -> split(s, args);
      case "rsplit" -> rsplit(s, args);
      case "splitlines" -> new ArrayList<Object>(s.lines().toList());
      case "startswith" -> anyAffix(args, s::startsWith);
      case "endswith" -> anyAffix(args, s::endsWith);
      case "removeprefix" -> {
        String prefix = text(args, 0);
        yield s.startsWith(prefix) ? s.substring(prefix.length()) : s;
      }
      case "removesuffix" -> {
        String suffix = text(args, 0);
        yield s.endsWith(suffix) ? s.substring(0, s.length() - suffix.length()) : s;
      }
      case "replace" -> replace(s, args);
      case "find" -> (long) s.indexOf(text(args, 0));
      case "rfind" -> (long) s.lastIndexOf(text(args, 0));
      case "count" -> (long) (s.split(java.util.regex.Pattern.quote(text(args, 0)), -1).length - 1);
      case "join" ->
          String.join(s, Values.items(args.getFirst()).stream().map(Values::text).toList());
      case "isdigit", "isnumeric" -> !s.isEmpty() && s.codePoints().allMatch(Character::isDigit);
      case "isalpha" -> !s.isEmpty() && s.codePoints().allMatch(Character::isLetter);
      case "isspace" -> !s.isEmpty() && s.isBlank();
      case "isupper" ->
          s.equals(s.toUpperCase(Locale.ROOT)) && !s.equals(s.toLowerCase(Locale.ROOT));
      case "islower" ->
          s.equals(s.toLowerCase(Locale.ROOT)) && !s.equals(s.toUpperCase(Locale.ROOT));
      case "zfill" -> "0".repeat(Math.max(0, ((Long) args.getFirst()).intValue() - s.length())) + s;
      default -> throw unknown(s, name);
    };
  }

  private static Object ofMap(Map<?, ?> m, String name, List<Object> args) {
    return switch (name) {
      case "items" -> items(m);
      case "keys" -> new ArrayList<Object>(m.keySet());
      case "values" -> new ArrayList<Object>(m.values());
      case "get" -> {
        Object found = m.get(args.getFirst());
        yield found != null ? found : args.size() > 1 ? args.get(1) : Values.NONE;
      }
      case "copy" -> new LinkedHashMap<Object, Object>(m);
      case "update" -> {
        ((Map<?, ?>) args.getFirst()).forEach((k, v) -> put(m, k, v));
        yield Values.NONE;
      }
      case "pop" -> {
        Object found = m.remove(args.getFirst());
        if (found == null && args.size() < 2) {
          throw new JinjaException("the dict has no key " + Values.text(args.getFirst()));
        }
        yield found != null ? found : args.get(1);
      }
      default -> throw unknown(m, name);
    };
  }

  private static Object ofList(List<?> list, String name, List<Object> args) {
    return switch (name) {
      case "append" -> {
        append(list, args.getFirst());
        yield Values.NONE;
      }
      case "extend" -> {
        Values.items(args.getFirst()).forEach(each -> append(list, each));
        yield Values.NONE;
      }
      case "pop" -> {
        int at = args.isEmpty() ? -1 : ((Long) args.getFirst()).intValue();
        yield list.remove(at < 0 ? list.size() + at : at);
      }
      case "index" -> {
        int at = list.indexOf(args.getFirst());
        if (at < 0) {
          throw new JinjaException(Values.text(args.getFirst()) + " is not in the list");
        }
        yield (long) at;
      }
      case "count" -> list.stream().filter(i -> Values.equal(i, args.getFirst())).count();
      case "copy" -> new ArrayList<Object>(list);
      default -> throw unknown(list, name);
    };
  }

  /** Every list and map inside a render is one of ours, of objects: see {@link Values#of}. */
  @SuppressWarnings("unchecked")
  private static void append(List<?> list, Object item) {
    ((List<Object>) list).add(item);
  }

  @SuppressWarnings("unchecked")
  private static void put(Map<?, ?> map, Object key, Object value) {
    ((Map<Object, Object>) map).put(key, value);
  }

  static List<Object> items(Map<?, ?> map) {
    var items = new ArrayList<Object>();
    map.forEach((k, v) -> items.add(new ArrayList<>(Arrays.<Object>asList(k, v))));
    return items;
  }

  /** Python's strip: of white space, or of any of the given characters. */
  static String strip(String s, String characters, boolean left, boolean right) {
    int from = 0;
    int to = s.length();
    while (left && from < to && strips(s.charAt(from), characters)) {
      from++;
    }
    while (right && to > from && strips(s.charAt(to - 1), characters)) {
      to--;
    }
    return s.substring(from, to);
  }

  private static boolean strips(char c, String characters) {
    return characters.isEmpty()
        ? Character.isWhitespace(c) || c == '\u00A0' || c == '\u0085'
        : characters.indexOf(c) >= 0;
  }

  static List<Object> split(String s, List<Object> args) {
    if (args.isEmpty() || args.getFirst().equals(Values.NONE)) {
      var words = new ArrayList<Object>();
      for (String each : s.strip().split("\\s+")) {
        if (!each.isEmpty()) {
          words.add(each);
        }
      }
      return words;
    }
    long most = args.size() > 1 ? (Long) args.get(1) : -1;
    String separator = text(args, 0);
    var parts = new ArrayList<Object>();
    int from = 0;
    for (int at = s.indexOf(separator);
        at >= 0 && (most < 0 || parts.size() < most);
        at = s.indexOf(separator, from)) {
      parts.add(s.substring(from, at));
      from = at + separator.length();
    }
    parts.add(s.substring(from));
    return parts;
  }

  private static List<Object> rsplit(String s, List<Object> args) {
    if (args.size() < 2) {
      return split(s, args);
    }
    String separator = text(args, 0);
    long most = (Long) args.get(1);
    var parts = new ArrayList<Object>();
    String rest = s;
    for (int at = rest.lastIndexOf(separator);
        at >= 0 && parts.size() < most;
        at = rest.lastIndexOf(separator)) {
      parts.addFirst(rest.substring(at + separator.length()));
      rest = rest.substring(0, at);
    }
    parts.addFirst(rest);
    return parts;
  }

  private static String replace(String s, List<Object> args) {
    if (args.size() < 3) {
      return s.replace(text(args, 0), text(args, 1));
    }
    String result = s;
    int from = 0;
    for (long n = (Long) args.get(2); n > 0; n--) {
      int at = result.indexOf(text(args, 0), from);
      if (at < 0) {
        break;
      }
      result =
          result.substring(0, at) + text(args, 1) + result.substring(at + text(args, 0).length());
      from = at + text(args, 1).length();
    }
    return result;
  }

  static String capitalize(String s) {
    return s.isEmpty()
        ? s
        : s.substring(0, 1).toUpperCase(Locale.ROOT) + s.substring(1).toLowerCase(Locale.ROOT);
  }

  static String title(String s) {
    var out = new StringBuilder(s.length());
    boolean inside = false;
    for (int i = 0; i < s.length(); i++) {
      char c = s.charAt(i);
      out.append(inside ? Character.toLowerCase(c) : Character.toUpperCase(c));
      inside = Character.isLetter(c);
    }
    return out.toString();
  }

  private static boolean anyAffix(List<Object> args, java.util.function.Predicate<String> matches) {
    return args.getFirst() instanceof List<?> several
        ? several.stream().anyMatch(each -> matches.test(Values.text(each)))
        : matches.test(text(args, 0));
  }

  private static String characters(List<Object> args) {
    return args.isEmpty() || args.getFirst().equals(Values.NONE) ? "" : text(args, 0);
  }

  private static String text(List<Object> args, int index) {
    if (index >= args.size()) {
      throw new JinjaException("argument " + (index + 1) + " is missing");
    }
    return Values.text(args.get(index));
  }

  private static JinjaException unknown(Object of, String name) {
    return new JinjaException("a value of type " + Values.type(of) + " has no method " + name);
  }
}
