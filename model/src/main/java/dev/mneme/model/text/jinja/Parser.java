package dev.mneme.model.text.jinja;

import dev.mneme.model.text.jinja.Node.Expression;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Recursive descent over the tokens, with Jinja's precedences. */
final class Parser {
  private static final Set<String> COMPARISONS = Set.of("==", "!=", "<", "<=", ">", ">=");

  private final List<Token> tokens;
  private int at;

  private Parser(List<Token> tokens) {
    this.tokens = tokens;
  }

  static List<Node> parse(String source) {
    var parser = new Parser(Lexer.tokens(source));
    List<Node> nodes = parser.body();
    if (parser.peek().kind() != Token.Kind.EOF) {
      throw parser.unexpected("the end of the template");
    }
    return nodes;
  }

  /** Statements up to a block that begins with one of the closing words, which is not consumed. */
  private List<Node> body(String... closing) {
    var nodes = new ArrayList<Node>();
    while (true) {
      Token token = peek();
      switch (token.kind()) {
        case EOF -> {
          if (closing.length > 0) {
            throw new JinjaException(
                "line " + token.line() + ": {% " + closing[closing.length - 1] + " %} is missing");
          }
          return nodes;
        }
        case TEXT -> {
          at++;
          nodes.add(new Node.Text(token.text()));
        }
        case OUTPUT -> {
          at++;
          nodes.add(new Node.Output(tuple(), token.line()));
          end();
        }
        case BLOCK -> {
          String word = tokens.get(at + 1).text();
          for (String each : closing) {
            if (word.equals(each)) {
              return nodes;
            }
          }
          at++;
          nodes.add(statement(token.line()));
        }
        case END, NAME, INTEGER, FLOAT, STRING, OPERATOR -> throw unexpected("a tag or text");
      }
    }
  }

  private Node statement(int line) {
    String word = name();
    return switch (word) {
      case "if" -> ifStatement();
      case "for" -> forStatement(line);
      case "set" -> setStatement(line);
      case "macro" -> macro();
      case "break" -> {
        end();
        yield new Node.Break();
      }
      case "continue" -> {
        end();
        yield new Node.Continue();
      }
      case "generation" -> {
        end();
        List<Node> body = body("endgeneration");
        close();
        yield new Node.Group(body);
      }
      case "filter" -> {
        var filter =
            (Expression.Filter) filterCall(new Expression.Literal(Values.UNDEFINED), name());
        end();
        List<Node> body = body("endfilter");
        close();
        yield new Node.FilterBlock(filter, body, line);
      }
      default -> throw new JinjaException("line " + line + ": unknown block {% " + word + " %}");
    };
  }

  private Node ifStatement() {
    var branches = new ArrayList<Node.Branch>();
    List<Node> otherwise = List.of();
    Expression condition = tuple();
    end();
    while (true) {
      branches.add(new Node.Branch(condition, body("elif", "else", "endif")));
      at++;
      String word = name();
      if (word.equals("elif")) {
        condition = tuple();
        end();
        continue;
      }
      end();
      if (word.equals("else")) {
        otherwise = body("endif");
        close();
      }
      return new Node.If(branches, otherwise);
    }
  }

  private Node forStatement(int line) {
    var targets = new ArrayList<String>();
    boolean parenthesis = accept("(");
    do {
      targets.add(name());
    } while (accept(","));
    if (parenthesis) {
      expect(")");
    }
    expectName("in");
    Expression items = or();
    Expression filter = null;
    if (acceptName("if")) {
      filter = expression();
    }
    acceptName("recursive");
    end();
    List<Node> body = body("else", "endfor");
    List<Node> otherwise = List.of();
    at++;
    boolean hasElse = name().equals("else");
    end();
    if (hasElse) {
      otherwise = body("endfor");
      close();
    }
    return new Node.For(targets, items, filter, body, otherwise, line);
  }

  private Node setStatement(int line) {
    var targets = new ArrayList<Expression>();
    do {
      Expression target = new Expression.Name(name());
      while (accept(".")) {
        target = new Expression.Attribute(target, name());
      }
      targets.add(target);
    } while (accept(","));
    if (accept("=")) {
      Expression value = tuple();
      end();
      return new Node.Set(targets, value, line);
    }
    end();
    List<Node> body = body("endset");
    close();
    return new Node.SetBlock(targets.getFirst(), body, line);
  }

  private Node macro() {
    String name = name();
    var parameters = new ArrayList<Node.Parameter>();
    expect("(");
    while (!accept(")")) {
      String parameter = name();
      parameters.add(new Node.Parameter(parameter, accept("=") ? expression() : null));
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
    end();
    List<Node> body = body("endmacro");
    at++;
    name();
    if (peek().kind() == Token.Kind.NAME) {
      at++; // {% endmacro name %}
    }
    end();
    return new Node.Macro(name, parameters, body);
  }

  /** Consumes a closing block that {@link #body} stopped at. */
  private void close() {
    at++;
    name();
    end();
  }

  /** One expression, or several separated by commas as a list. */
  private Expression tuple() {
    Expression first = expression();
    if (!peek().is(Token.Kind.OPERATOR, ",")) {
      return first;
    }
    var items = new ArrayList<Expression>();
    items.add(first);
    while (accept(",")) {
      if (peek().kind() == Token.Kind.END) {
        break;
      }
      items.add(expression());
    }
    return new Expression.ListOf(items);
  }

  private Expression expression() {
    Expression then = or();
    while (acceptName("if")) {
      Expression condition = or();
      Expression otherwise = acceptName("else") ? expression() : null;
      then = new Expression.Ternary(condition, then, otherwise);
    }
    return then;
  }

  private Expression or() {
    Expression left = and();
    while (acceptName("or")) {
      left = new Expression.Or(left, and());
    }
    return left;
  }

  private Expression and() {
    Expression left = not();
    while (acceptName("and")) {
      left = new Expression.And(left, not());
    }
    return left;
  }

  private Expression not() {
    return acceptName("not") ? new Expression.Not(not()) : comparison();
  }

  private Expression comparison() {
    Expression first = sum();
    var operators = new ArrayList<String>();
    var others = new ArrayList<Expression>();
    while (true) {
      Token token = peek();
      if (token.kind() == Token.Kind.OPERATOR && COMPARISONS.contains(token.text())) {
        at++;
        operators.add(token.text());
      } else if (token.is(Token.Kind.NAME, "in")) {
        at++;
        operators.add("in");
      } else if (token.is(Token.Kind.NAME, "not") && tokens.get(at + 1).is(Token.Kind.NAME, "in")) {
        at += 2;
        operators.add("not in");
      } else {
        return operators.isEmpty() ? first : new Expression.Comparison(first, operators, others);
      }
      others.add(sum());
    }
  }

  private Expression sum() {
    Expression left = concatenation();
    while (true) {
      if (accept("+")) {
        left = new Expression.Binary("+", left, concatenation());
      } else if (accept("-")) {
        left = new Expression.Binary("-", left, concatenation());
      } else {
        return left;
      }
    }
  }

  private Expression concatenation() {
    Expression left = product();
    while (accept("~")) {
      left = new Expression.Binary("~", left, product());
    }
    return left;
  }

  private Expression product() {
    Expression left = power();
    while (true) {
      String operator = null;
      for (String each : List.of("*", "//", "/", "%")) {
        if (accept(each)) {
          operator = each;
          break;
        }
      }
      if (operator == null) {
        return left;
      }
      left = new Expression.Binary(operator, left, power());
    }
  }

  private Expression power() {
    Expression left = unary();
    return accept("**") ? new Expression.Binary("**", left, power()) : left;
  }

  private Expression unary() {
    if (accept("-")) {
      return new Expression.Negative(unary());
    }
    if (accept("+")) {
      return unary();
    }
    return postfix(primary());
  }

  private Expression primary() {
    Token token = peek();
    at++;
    switch (token.kind()) {
      case STRING -> {
        var text = new StringBuilder(token.text());
        while (peek().kind() == Token.Kind.STRING) { // adjacent strings join, as in Python
          text.append(peek().text());
          at++;
        }
        return new Expression.Literal(text.toString());
      }
      case INTEGER -> {
        return new Expression.Literal(Long.parseLong(token.text()));
      }
      case FLOAT -> {
        return new Expression.Literal(Double.parseDouble(token.text()));
      }
      case NAME -> {
        return switch (token.text()) {
          case "true", "True" -> new Expression.Literal(true);
          case "false", "False" -> new Expression.Literal(false);
          case "none", "None" -> new Expression.Literal(Values.NONE);
          default -> new Expression.Name(token.text());
        };
      }
      case OPERATOR -> {
        switch (token.text()) {
          case "(" -> {
            if (accept(")")) {
              return new Expression.ListOf(List.of());
            }
            Expression inner = expression();
            if (peek().is(Token.Kind.OPERATOR, ",")) {
              var items = new ArrayList<>(List.of(inner));
              while (accept(",") && !peek().is(Token.Kind.OPERATOR, ")")) {
                items.add(expression());
              }
              inner = new Expression.ListOf(items);
            }
            expect(")");
            return inner;
          }
          case "[" -> {
            var items = new ArrayList<Expression>();
            while (!accept("]")) {
              items.add(expression());
              if (!accept(",")) {
                expect("]");
                break;
              }
            }
            return new Expression.ListOf(items);
          }
          case "{" -> {
            return map();
          }
          default -> {}
        }
      }
      case TEXT, OUTPUT, BLOCK, END, EOF -> {}
    }
    at--;
    throw unexpected("an expression");
  }

  private Expression map() {
    var keys = new ArrayList<Expression>();
    var values = new ArrayList<Expression>();
    while (!accept("}")) {
      keys.add(expression());
      expect(":");
      values.add(expression());
      if (!accept(",")) {
        expect("}");
        break;
      }
    }
    return new Expression.MapOf(keys, values);
  }

  private Expression postfix(Expression start) {
    Expression value = start;
    while (true) {
      if (accept(".")) {
        Token token = peek();
        at++;
        value =
            token.kind() == Token.Kind.INTEGER
                ? new Expression.Item(value, new Expression.Literal(Long.parseLong(token.text())))
                : new Expression.Attribute(value, token.text());
      } else if (accept("[")) {
        value = subscript(value);
      } else if (accept("(")) {
        var arguments = new ArrayList<Expression>();
        Map<String, Expression> named = arguments(arguments);
        value = new Expression.Call(value, arguments, named);
      } else if (accept("|")) {
        value = filterCall(value, name());
      } else if (acceptName("is")) {
        boolean negated = acceptName("not");
        value = test(value, negated);
      } else {
        return value;
      }
    }
  }

  private Expression filterCall(Expression of, String name) {
    var arguments = new ArrayList<Expression>();
    Map<String, Expression> named = accept("(") ? arguments(arguments) : Map.of();
    return new Expression.Filter(of, name, arguments, named);
  }

  private Expression test(Expression of, boolean negated) {
    Token token = peek();
    at++;
    var arguments = new ArrayList<Expression>();
    if (accept("(")) {
      arguments(arguments);
    } else if (startsArgument(peek())) {
      arguments.add(postfix(primary()));
    }
    return new Expression.Test(of, token.text(), arguments, negated);
  }

  /** Whether a token begins the bare argument of a test, as in {@code x is divisibleby 3}. */
  private static boolean startsArgument(Token token) {
    return switch (token.kind()) {
      case STRING, INTEGER, FLOAT -> true;
      case NAME ->
          !Set.of("and", "or", "not", "if", "else", "is", "in", "recursive").contains(token.text());
      case OPERATOR -> token.text().equals("[") || token.text().equals("{");
      case TEXT, OUTPUT, BLOCK, END, EOF -> false;
    };
  }

  private Expression subscript(Expression of) {
    Expression from = null;
    if (!peek().is(Token.Kind.OPERATOR, ":")) {
      from = tuple();
      if (accept("]")) {
        return new Expression.Item(of, from);
      }
    }
    expect(":");
    Expression to = sliceBound();
    Expression step = accept(":") ? sliceBound() : null;
    expect("]");
    return new Expression.Slice(of, from, to, step);
  }

  private @Nullable Expression sliceBound() {
    Token token = peek();
    boolean absent = token.is(Token.Kind.OPERATOR, ":") || token.is(Token.Kind.OPERATOR, "]");
    return absent ? null : expression();
  }

  private Map<String, Expression> arguments(List<Expression> positional) {
    var named = new LinkedHashMap<String, Expression>();
    while (!accept(")")) {
      if (peek().kind() == Token.Kind.NAME && tokens.get(at + 1).is(Token.Kind.OPERATOR, "=")) {
        String name = name();
        at++;
        named.put(name, expression());
      } else {
        positional.add(expression());
      }
      if (!accept(",")) {
        expect(")");
        break;
      }
    }
    return named;
  }

  private Token peek() {
    return tokens.get(Math.min(at, tokens.size() - 1));
  }

  private boolean accept(String operator) {
    if (peek().is(Token.Kind.OPERATOR, operator)) {
      at++;
      return true;
    }
    return false;
  }

  private boolean acceptName(String word) {
    if (peek().is(Token.Kind.NAME, word)) {
      at++;
      return true;
    }
    return false;
  }

  private void expect(String operator) {
    if (!accept(operator)) {
      throw unexpected("'" + operator + "'");
    }
  }

  private void expectName(String word) {
    if (!acceptName(word)) {
      throw unexpected("'" + word + "'");
    }
  }

  private String name() {
    Token token = peek();
    if (token.kind() != Token.Kind.NAME) {
      throw unexpected("a name");
    }
    at++;
    return token.text();
  }

  private void end() {
    if (peek().kind() != Token.Kind.END) {
      throw unexpected("the end of the tag");
    }
    at++;
  }

  private JinjaException unexpected(String expected) {
    return new JinjaException(
        "line " + peek().line() + ": expected " + expected + ", found '" + peek().text() + "'");
  }
}
