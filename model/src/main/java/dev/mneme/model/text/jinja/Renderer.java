package dev.mneme.model.text.jinja;

import dev.mneme.model.text.jinja.Node.Expression;
import java.time.InstantSource;
import java.time.ZoneId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** One run of a template: walks the statements and writes. */
final class Renderer {
  /** How a body ended. */
  private enum Flow {
    NORMAL,
    BREAK,
    CONTINUE
  }

  /** Names visible in a block, then those of the blocks around it. */
  private static final class Scope {
    private final Map<String, Object> names = new HashMap<>();
    private final @Nullable Scope outer;

    Scope(@Nullable Scope outer) {
      this.outer = outer;
    }

    Object get(String name) {
      for (Scope each = this; each != null; each = each.outer) {
        Object found = each.names.get(name);
        if (found != null) {
          return found;
        }
      }
      return Values.UNDEFINED;
    }
  }

  /** A bound method, called next. */
  private record Method(Object of, String name) implements Values.Function {
    @Override
    public Object call(List<Object> arguments, Map<String, Object> named) {
      return Methods.call(of, name, arguments);
    }
  }

  /** Long enough for any conversation, short enough to stop a template that grows for ever. */
  private static final int MOST_CHARACTERS = 1 << 26;

  private final InstantSource clock;
  private final ZoneId zone;
  private StringBuilder out = new StringBuilder();

  Renderer(InstantSource clock, ZoneId zone) {
    this.clock = clock;
    this.zone = zone;
  }

  String render(List<Node> nodes, Map<String, ?> variables) {
    var globals = new Scope(null);
    globals.names.put(
        "raise_exception",
        function(
            (a, n) -> {
              throw new JinjaException(a.isEmpty() ? "" : Values.text(a.getFirst()), true);
            }));
    globals.names.put(
        "strftime_now",
        function(
            (a, n) -> Strftime.format(clock.instant().atZone(zone), Values.text(a.getFirst()))));
    globals.names.put("range", function((a, n) -> range(a)));
    globals.names.put("dict", function((a, n) -> new LinkedHashMap<Object, Object>(n)));
    globals.names.put(
        "namespace",
        function(
            (a, n) -> {
              var created = new Values.Namespace();
              created.attributes.putAll(n);
              return created;
            }));
    variables.forEach((name, value) -> globals.names.put(name, Values.of(value)));
    run(nodes, new Scope(globals));
    return out.toString();
  }

  private static Values.Function function(Values.Function f) {
    return f;
  }

  private Flow run(List<Node> nodes, Scope scope) {
    for (Node each : nodes) {
      Flow flow = run(each, scope);
      if (flow != Flow.NORMAL) {
        return flow;
      }
    }
    return Flow.NORMAL;
  }

  private Flow run(Node node, Scope scope) {
    switch (node) {
      case Node.Text text -> write(text.text());
      case Node.Output output ->
          at(output.line(), () -> write(Values.text(value(output.value(), scope))));
      case Node.If branching -> {
        for (Node.Branch each : branching.branches()) {
          if (Values.truth(value(each.condition(), scope))) {
            return run(each.body(), scope);
          }
        }
        return run(branching.otherwise(), scope);
      }
      case Node.For loop -> loop(loop, scope);
      case Node.Set set ->
          at(
              set.line(),
              () -> {
                Object assigned = value(set.value(), scope);
                if (set.targets().size() == 1) {
                  assign(set.targets().getFirst(), assigned, scope);
                  return;
                }
                List<Object> parts = Values.items(assigned);
                if (parts.size() != set.targets().size()) {
                  throw new JinjaException(
                      "cannot unpack " + parts.size() + " values into " + set.targets().size());
                }
                for (int i = 0; i < parts.size(); i++) {
                  assign(set.targets().get(i), parts.get(i), scope);
                }
              });
      case Node.SetBlock set -> assign(set.target(), capture(set.body(), scope), scope);
      case Node.Macro macro -> scope.names.put(macro.name(), macro(macro, scope));
      case Node.FilterBlock block ->
          at(
              block.line(),
              () -> {
                var filter = block.filter();
                String text = capture(block.body(), scope);
                write(
                    Values.text(
                        Filters.apply(
                            filter.name(),
                            text,
                            values(filter.arguments(), scope),
                            values(filter.named(), scope))));
              });
      case Node.Group group -> {
        return run(group.body(), scope);
      }
      case Node.Break stop -> {
        return Flow.BREAK;
      }
      case Node.Continue next -> {
        return Flow.CONTINUE;
      }
    }
    return Flow.NORMAL;
  }

  /** Adds the line to an error that does not name one yet. */
  private static void at(int line, Runnable work) {
    try {
      work.run();
    } catch (JinjaException e) {
      if (e.raisedByTemplate() || String.valueOf(e.getMessage()).startsWith("line ")) {
        throw e;
      }
      throw new JinjaException("line " + line + ": " + e.getMessage());
    } catch (ClassCastException | IndexOutOfBoundsException | java.util.NoSuchElementException e) {
      throw new JinjaException("line " + line + ": an argument is missing or of the wrong type");
    }
  }

  private void write(String text) {
    if (out.length() + text.length() > MOST_CHARACTERS) {
      throw new JinjaException("the template writes more than " + MOST_CHARACTERS + " characters");
    }
    out.append(text);
  }

  private String capture(List<Node> body, Scope scope) {
    StringBuilder outside = out;
    out = new StringBuilder();
    try {
      run(body, new Scope(scope));
      return out.toString();
    } finally {
      out = outside;
    }
  }

  private void loop(Node.For loop, Scope scope) {
    at(
        loop.line(),
        () -> {
          List<Object> items = Values.items(value(loop.items(), scope));
          if (loop.filter() != null) {
            var kept = new ArrayList<Object>();
            for (Object each : items) {
              var inner = new Scope(scope);
              bind(loop.targets(), each, inner);
              if (Values.truth(value(loop.filter(), inner))) {
                kept.add(each);
              }
            }
            items = kept;
          }
          if (items.isEmpty()) {
            run(loop.otherwise(), scope);
            return;
          }
          for (int i = 0; i < items.size(); i++) {
            var inner = new Scope(scope);
            bind(loop.targets(), items.get(i), inner);
            inner.names.put("loop", loopVariable(items, i));
            if (run(loop.body(), inner) == Flow.BREAK) {
              return;
            }
          }
        });
  }

  private static Map<Object, Object> loopVariable(List<Object> items, int i) {
    var loop = new LinkedHashMap<Object, Object>();
    int n = items.size();
    loop.put("index", i + 1L);
    loop.put("index0", (long) i);
    loop.put("revindex", (long) n - i);
    loop.put("revindex0", n - i - 1L);
    loop.put("first", i == 0);
    loop.put("last", i == n - 1);
    loop.put("length", (long) n);
    if (i > 0) {
      loop.put("previtem", items.get(i - 1));
    }
    if (i + 1 < n) {
      loop.put("nextitem", items.get(i + 1));
    }
    loop.put("cycle", function((a, named) -> a.get(i % a.size())));
    return loop;
  }

  private static void bind(List<String> targets, Object item, Scope scope) {
    if (targets.size() == 1) {
      scope.names.put(targets.getFirst(), item);
      return;
    }
    List<Object> parts = Values.items(item);
    if (parts.size() != targets.size()) {
      throw new JinjaException("cannot unpack " + parts.size() + " values into " + targets.size());
    }
    for (int i = 0; i < parts.size(); i++) {
      scope.names.put(targets.get(i), parts.get(i));
    }
  }

  private void assign(Expression target, Object assigned, Scope scope) {
    if (target instanceof Expression.Name name) {
      scope.names.put(name.name(), assigned);
    } else if (target instanceof Expression.Attribute attribute
        && value(attribute.of(), scope) instanceof Values.Namespace namespace) {
      namespace.attributes.put(attribute.name(), assigned);
    } else {
      throw new JinjaException("only names and namespace attributes can be set");
    }
  }

  private Values.Function macro(Node.Macro macro, Scope defined) {
    return (arguments, named) -> {
      var scope = new Scope(defined);
      for (int i = 0; i < macro.parameters().size(); i++) {
        Node.Parameter each = macro.parameters().get(i);
        Object given = i < arguments.size() ? arguments.get(i) : named.get(each.name());
        if (given == null) {
          given = each.fallback() == null ? Values.UNDEFINED : value(each.fallback(), scope);
        }
        scope.names.put(each.name(), given);
      }
      return capture(macro.body(), scope);
    };
  }

  private List<Object> values(List<Expression> expressions, Scope scope) {
    var values = new ArrayList<Object>(expressions.size());
    for (Expression each : expressions) {
      values.add(value(each, scope));
    }
    return values;
  }

  private Map<String, Object> values(Map<String, Expression> expressions, Scope scope) {
    var values = new LinkedHashMap<String, Object>();
    expressions.forEach((name, each) -> values.put(name, value(each, scope)));
    return values;
  }

  private Object value(Expression expression, Scope scope) {
    return switch (expression) {
      case Expression.Literal literal -> literal.value();
      case Expression.Name name -> scope.get(name.name());
      case Expression.ListOf list -> values(list.items(), scope);
      case Expression.MapOf map -> {
        var created = new LinkedHashMap<Object, Object>();
        for (int i = 0; i < map.keys().size(); i++) {
          created.put(value(map.keys().get(i), scope), value(map.values().get(i), scope));
        }
        yield created;
      }
      case Expression.Attribute attribute ->
          attribute(value(attribute.of(), scope), attribute.name());
      case Expression.Item item -> item(value(item.of(), scope), value(item.key(), scope));
      case Expression.Slice slice -> slice(slice, scope);
      case Expression.Call call -> {
        Object function = callee(call.function(), scope);
        if (!(function instanceof Values.Function callable)) {
          throw new JinjaException(
              "a value of type " + Values.type(function) + " cannot be called");
        }
        yield callable.call(values(call.arguments(), scope), values(call.named(), scope));
      }
      case Expression.Filter filter ->
          Filters.apply(
              filter.name(),
              value(filter.of(), scope),
              values(filter.arguments(), scope),
              values(filter.named(), scope));
      case Expression.Test test ->
          Filters.test(test.name(), value(test.of(), scope), values(test.arguments(), scope))
              != test.negated();
      case Expression.Not not -> !Values.truth(value(not.of(), scope));
      case Expression.Negative negative -> {
        Object of = value(negative.of(), scope);
        yield of instanceof Long n ? (Object) (-n) : (Object) (-Values.number(of));
      }
      case Expression.And and -> {
        Object left = value(and.left(), scope);
        yield Values.truth(left) ? value(and.right(), scope) : left;
      }
      case Expression.Or or -> {
        Object left = value(or.left(), scope);
        yield Values.truth(left) ? left : value(or.right(), scope);
      }
      case Expression.Binary binary ->
          binary(binary.operator(), value(binary.left(), scope), value(binary.right(), scope));
      case Expression.Comparison comparison -> comparison(comparison, scope);
      case Expression.Ternary ternary -> {
        if (Values.truth(value(ternary.condition(), scope))) {
          yield value(ternary.then(), scope);
        }
        yield ternary.otherwise() == null ? Values.UNDEFINED : value(ternary.otherwise(), scope);
      }
    };
  }

  /** What is called: a method wins over an entry of the same name, as {@code items} of a dict. */
  private Object callee(Expression function, Scope scope) {
    if (function instanceof Expression.Attribute attribute) {
      Object of = value(attribute.of(), scope);
      if (of instanceof Map<?, ?> map && map.get(attribute.name()) instanceof Values.Function f) {
        return f;
      }
      if (of instanceof String || of instanceof Map || of instanceof List) {
        return new Method(of, attribute.name());
      }
      return attribute(of, attribute.name());
    }
    return value(function, scope);
  }

  static Object attribute(Object of, String name) {
    if (of.equals(Values.UNDEFINED)) {
      throw new JinjaException("an undefined value has no attribute " + name);
    }
    Object found =
        switch (of) {
          case Values.Namespace namespace -> namespace.attributes.get(name);
          case Map<?, ?> map -> map.get(name);
          default -> null;
        };
    return found == null ? Values.UNDEFINED : found;
  }

  private static Object item(Object of, Object key) {
    return switch (of) {
      case List<?> list when key instanceof Long n -> {
        int i = (int) (n < 0 ? list.size() + n : n);
        yield i >= 0 && i < list.size() ? list.get(i) : Values.UNDEFINED;
      }
      case String s when key instanceof Long n -> {
        int length = s.codePointCount(0, s.length());
        int i = (int) (n < 0 ? length + n : n);
        yield i >= 0 && i < length
            ? Character.toString(s.codePointAt(s.offsetByCodePoints(0, i)))
            : Values.UNDEFINED;
      }
      case Map<?, ?> map -> {
        Object found = map.get(key);
        yield found == null ? Values.UNDEFINED : found;
      }
      case Values.Namespace namespace when key instanceof String name -> attribute(namespace, name);
      default -> {
        if (of.equals(Values.UNDEFINED)) {
          throw new JinjaException("an undefined value has no item " + Values.text(key));
        }
        yield Values.UNDEFINED;
      }
    };
  }

  private Object slice(Expression.Slice slice, Scope scope) {
    Object of = value(slice.of(), scope);
    List<Object> items = Values.items(of);
    long step = bound(slice.step(), scope, 1);
    if (step == 0) {
      throw new JinjaException("a slice's step cannot be 0");
    }
    int n = items.size();
    long low = step > 0 ? 0 : -1;
    long high = step > 0 ? n : n - 1;
    long from = clamp(slice.from(), scope, step > 0 ? low : high, n, low, high);
    long to = clamp(slice.to(), scope, step > 0 ? high : low, n, low, high);
    var taken = new ArrayList<Object>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      taken.add(items.get((int) i));
    }
    if (of instanceof String) {
      var text = new StringBuilder();
      taken.forEach(text::append);
      return text.toString();
    }
    return taken;
  }

  private long clamp(
      @Nullable Expression bound, Scope scope, long fallback, int n, long low, long high) {
    if (bound == null || value(bound, scope).equals(Values.NONE)) {
      return fallback;
    }
    long at = bound(bound, scope, fallback);
    return Math.clamp(at < 0 ? at + n : at, low, high);
  }

  private long bound(@Nullable Expression expression, Scope scope, long fallback) {
    if (expression == null) {
      return fallback;
    }
    Object bound = value(expression, scope);
    if (bound instanceof Long n) {
      return n;
    }
    throw new JinjaException("a slice needs integers, got " + Values.type(bound));
  }

  private boolean comparison(Expression.Comparison comparison, Scope scope) {
    Object left = value(comparison.first(), scope);
    for (int i = 0; i < comparison.operators().size(); i++) {
      Object right = value(comparison.others().get(i), scope);
      String operator = comparison.operators().get(i);
      boolean holds =
          switch (operator) {
            case "==" -> Values.equal(left, right);
            case "!=" -> !Values.equal(left, right);
            case "in" -> contains(right, left);
            case "not in" -> !contains(right, left);
            case "<" -> Values.compare(left, right) < 0;
            case "<=" -> Values.compare(left, right) <= 0;
            case ">" -> Values.compare(left, right) > 0;
            case ">=" -> Values.compare(left, right) >= 0;
            default -> throw new AssertionError("not a comparison: " + operator);
          };
      if (!holds) {
        return false;
      }
      left = right;
    }
    return true;
  }

  static boolean contains(Object container, Object item) {
    return switch (container) {
      case String s -> s.contains(Values.text(item));
      case Map<?, ?> map -> map.containsKey(item);
      default -> {
        for (Object each : Values.items(container)) {
          if (Values.equal(each, item)) {
            yield true;
          }
        }
        yield false;
      }
    };
  }

  private static Object binary(String operator, Object left, Object right) {
    if (operator.equals("~")) {
      return Values.text(left) + Values.text(right);
    }
    if (operator.equals("+")) {
      return add(left, right);
    }
    if (operator.equals("*") && left instanceof String s && right instanceof Long n) {
      return s.repeat((int) Math.max(0, n));
    }
    if (operator.equals("%") && left instanceof String s) {
      return formatted(s, right);
    }
    if (!Values.isNumber(left) || !Values.isNumber(right)) {
      throw new JinjaException(
          "cannot compute " + Values.type(left) + " " + operator + " " + Values.type(right));
    }
    if (left instanceof Long a && right instanceof Long b) {
      return switch (operator) {
        case "-" -> a - b;
        case "*" -> a * b;
        case "/" -> (double) a / b;
        case "//" -> Math.floorDiv(a, nonZero(b));
        case "%" -> Math.floorMod(a, nonZero(b));
        default -> (long) Math.pow(a, b);
      };
    }
    double a = Values.number(left);
    double b = Values.number(right);
    return switch (operator) {
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "//" -> Math.floor(a / b);
      case "%" -> a - b * Math.floor(a / b);
      default -> Math.pow(a, b);
    };
  }

  private static long nonZero(long divisor) {
    if (divisor == 0) {
      throw new JinjaException("division by zero");
    }
    return divisor;
  }

  /** Python's {@code '%s and %d' % values}, for {@code %s}, {@code %d} and {@code %%}. */
  private static String formatted(String format, Object values) {
    List<Object> items = values instanceof List<?> list ? new ArrayList<>(list) : List.of(values);
    var text = new StringBuilder();
    int next = 0;
    for (int i = 0; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c != '%' || i + 1 == format.length()) {
        text.append(c);
        continue;
      }
      char kind = format.charAt(++i);
      if (kind == '%') {
        text.append('%');
      } else if ((kind == 's' || kind == 'd') && next < items.size()) {
        text.append(Values.text(items.get(next++)));
      } else {
        throw new JinjaException("cannot format %" + kind);
      }
    }
    return text.toString();
  }

  static Object add(Object left, Object right) {
    if (left instanceof String a && right instanceof String b) {
      return a + b;
    }
    if (left instanceof Long a && right instanceof Long b) {
      return a + b;
    }
    if (Values.isNumber(left) && Values.isNumber(right)) {
      return Values.number(left) + Values.number(right);
    }
    if (left instanceof List<?> a && right instanceof List<?> b) {
      var joined = new ArrayList<Object>(a);
      joined.addAll(b);
      return joined;
    }
    throw new JinjaException("cannot add " + Values.type(left) + " and " + Values.type(right));
  }

  private static Object range(List<Object> arguments) {
    long from = arguments.size() > 1 ? (Long) arguments.get(0) : 0;
    long to = (Long) arguments.get(arguments.size() > 1 ? 1 : 0);
    long step = arguments.size() > 2 ? (Long) arguments.get(2) : 1;
    if (step == 0 || Math.abs((to - from) / step) > 100_000) {
      throw new JinjaException("range() of more than 100000 items, or of step 0");
    }
    var items = new ArrayList<Object>();
    for (long i = from; step > 0 ? i < to : i > to; i += step) {
      items.add(i);
    }
    return items;
  }
}
