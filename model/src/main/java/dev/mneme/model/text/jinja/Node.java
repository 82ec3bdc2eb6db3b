package dev.mneme.model.text.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a template does, statement by statement. */
sealed interface Node {
  record Text(String text) implements Node {}

  record Output(Expression value, int line) implements Node {}

  record If(List<Branch> branches, List<Node> otherwise) implements Node {}

  record Branch(Expression condition, List<Node> body) {}

  record For(
      List<String> targets,
      Expression items,
      @Nullable Expression filter,
      List<Node> body,
      List<Node> otherwise,
      int line)
      implements Node {}

  record Set(List<Expression> targets, Expression value, int line) implements Node {}

  /** {@code {% set x %}...{% endset %}}. */
  record SetBlock(Expression target, List<Node> body, int line) implements Node {}

  record Macro(String name, List<Parameter> parameters, List<Node> body) implements Node {}

  record Parameter(String name, @Nullable Expression fallback) {}

  /** {@code {% filter upper %}...{% endfilter %}}. */
  record FilterBlock(Expression.Filter filter, List<Node> body, int line) implements Node {}

  /** A block that only groups, such as {@code {% generation %}}. */
  record Group(List<Node> body) implements Node {}

  record Break() implements Node {}

  record Continue() implements Node {}

  /** What a template computes. */
  sealed interface Expression {
    record Literal(Object value) implements Expression {}

    record Name(String name) implements Expression {}

    record ListOf(List<Expression> items) implements Expression {}

    record MapOf(List<Expression> keys, List<Expression> values) implements Expression {}

    record Attribute(Expression of, String name) implements Expression {}

    record Item(Expression of, Expression key) implements Expression {}

    record Slice(
        Expression of,
        @Nullable Expression from,
        @Nullable Expression to,
        @Nullable Expression step)
        implements Expression {}

    record Call(Expression function, List<Expression> arguments, Map<String, Expression> named)
        implements Expression {}

    /** {@code of} is a placeholder in a filter block. */
    record Filter(
        Expression of, String name, List<Expression> arguments, Map<String, Expression> named)
        implements Expression {}

    record Test(Expression of, String name, List<Expression> arguments, boolean negated)
        implements Expression {}

    record Not(Expression of) implements Expression {}

    record Negative(Expression of) implements Expression {}

    record And(Expression left, Expression right) implements Expression {}

    record Or(Expression left, Expression right) implements Expression {}

    record Binary(String operator, Expression left, Expression right) implements Expression {}

    /** {@code a < b <= c}: every neighbouring pair must hold. */
    record Comparison(Expression first, List<String> operators, List<Expression> others)
        implements Expression {}

    record Ternary(Expression condition, Expression then, @Nullable Expression otherwise)
        implements Expression {}
  }
}
