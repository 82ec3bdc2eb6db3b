package dev.mneme.data.curriculum;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Numbers that hang together, from a property such as {@code let: a=2..20; b=2..9; c=a*b; d=c-7}.
 *
 * <p>A range draws; the other forms calculate with {@code + - * / %} on two names or whole numbers.
 * Drawn again until no result is negative and every division is exact. Combinations are split by
 * hash like wordings are: a tenth of all sums is never trained on.
 */
final class Numbers {
  private static final Pattern RANGE = Pattern.compile("(\\d+)\\.\\.(\\d+)");
  private static final Pattern OPERATION = Pattern.compile("(\\w+)\\s*([-+*/%])\\s*(\\w+)");
  private static final int ATTEMPTS = 4000;

  private sealed interface Rule {
    record Range(String name, int from, int to) implements Rule {}

    record Operation(String name, String left, char operator, String right) implements Rule {}
  }

  private final String where;
  private final List<Rule> rules;

  private Numbers(String where, List<Rule> rules) {
    this.where = where;
    this.rules = rules;
  }

  static Numbers parse(String text, String where) {
    var rules = new ArrayList<Rule>();
    for (String each : text.split(";")) {
      if (each.isBlank()) {
        continue;
      }
      String[] sides = each.split("=", 2);
      Matcher range = sides.length == 2 ? RANGE.matcher(sides[1].strip()) : null;
      Matcher operation = sides.length == 2 ? OPERATION.matcher(sides[1].strip()) : null;
      if (range != null && range.matches()) {
        rules.add(
            new Rule.Range(
                sides[0].strip(),
                Integer.parseInt(range.group(1)),
                Integer.parseInt(range.group(2))));
      } else if (operation != null && operation.matches()) {
        rules.add(
            new Rule.Operation(
                sides[0].strip(),
                operation.group(1),
                operation.group(2).charAt(0),
                operation.group(3)));
      } else {
        throw new IllegalArgumentException(
            where + ": expected 'a=2..9' or 'c=a*b' in let, got: " + each.strip());
      }
    }
    return new Numbers(where, List.copyOf(rules));
  }

  void bind(Frame frame) {
    if (rules.isEmpty()) {
      return;
    }
    Map<String, Integer> last = null;
    for (int i = 0; i < ATTEMPTS; i++) {
      var values = new LinkedHashMap<String, Integer>();
      if (draw(frame, values)) {
        last = values;
        if (Split.heldOut(values.values().toString()) == frame.heldOut()) {
          break;
        }
      }
    }
    if (last == null) {
      throw new IllegalStateException(
          where + ": no numbers fit this 'let' in " + ATTEMPTS + " draws");
    }
    last.forEach((name, value) -> frame.bind(name, Integer.toString(value)));
  }

  private boolean draw(Frame frame, Map<String, Integer> values) {
    for (Rule rule : rules) {
      switch (rule) {
        case Rule.Range r -> values.put(r.name(), r.from() + frame.below(r.to() - r.from() + 1));
        case Rule.Operation o -> {
          int a = operand(o.left(), values);
          int b = operand(o.right(), values);
          if (o.operator() == '/' && (b == 0 || a % b != 0)) {
            return false;
          }
          int result =
              switch (o.operator()) {
                case '+' -> a + b;
                case '-' -> a - b;
                case '*' -> a * b;
                case '/' -> a / b;
                default -> Math.floorMod(a, b);
              };
          if (result < 0) {
            return false;
          }
          values.put(o.name(), result);
        }
      }
    }
    return true;
  }

  private int operand(String name, Map<String, Integer> values) {
    if (Character.isDigit(name.charAt(0))) {
      return Integer.parseInt(name);
    }
    Integer value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(
          where + ": '" + name + "' is used in let before it is set");
    }
    return value;
  }
}
