package dev.mneme.agent.tool;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.Locale;

/**
 * Decimal arithmetic with 34 digits: {@code + - * / %}, powers, brackets, roots and the common
 * functions. A recursive-descent parser; nothing is ever executed, and depth, length and exponents
 * are bounded.
 *
 * <pre>
 * sum     = product (("+" | "-") product)*
 * product = signed (("*" | "/" | "mod") signed | bracket)*
 * signed  = ("+" | "-") signed | power
 * power   = postfix ("^" signed)?
 * postfix = atom ("%" | "!")*
 * atom    = number | name | name "(" sum ("," sum)* ")" | "(" sum ")"
 * </pre>
 */
final class Calculator {
  private static final MathContext PRECISION = MathContext.DECIMAL128;
  private static final BigDecimal HUNDRED = BigDecimal.valueOf(100);
  private static final int MAX_LENGTH = 1000;
  private static final int MAX_DEPTH = 64;
  private static final int MAX_EXPONENT = 9999;
  private static final int MAX_SCALE = 20_000;

  private final String text;
  private int at;
  private int depth;
  private int callDepth;

  private Calculator(String text) {
    this.text = text;
  }

  /**
   * The value of an expression.
   *
   * @throws ArithmeticException saying what is wrong and where
   */
  static BigDecimal evaluate(String expression) {
    if (expression.length() > MAX_LENGTH) {
      throw new ArithmeticException(
          "the expression has " + expression.length() + " characters; at most " + MAX_LENGTH);
    }
    var calculator =
        new Calculator(
            expression
                .replace('×', '*')
                .replace('·', '*')
                .replace('÷', '/')
                .replace('−', '-')
                .replace("**", "^"));
    BigDecimal value = calculator.sum();
    calculator.skipSpace();
    if (calculator.at < calculator.text.length()) {
      throw calculator.unexpected("an operator");
    }
    return value;
  }

  /** A value with at most 12 digits after the point and no trailing zeros. */
  static String show(BigDecimal value) {
    int digits = value.precision() - value.scale();
    BigDecimal rounded =
        digits > 16
            ? value
            : digits >= -6
                ? value.setScale(12, RoundingMode.HALF_EVEN)
                : value.round(new MathContext(12, RoundingMode.HALF_EVEN));
    BigDecimal stripped = rounded.stripTrailingZeros();
    return digits > 40 || digits < -12 ? stripped.toString() : stripped.toPlainString();
  }

  private BigDecimal sum() {
    if (++depth > MAX_DEPTH) {
      throw new ArithmeticException("more than " + MAX_DEPTH + " brackets inside each other");
    }
    BigDecimal value = product();
    while (true) {
      if (taken('+')) {
        value = bounded(value.add(product(), PRECISION));
      } else if (taken('-')) {
        value = bounded(value.subtract(product(), PRECISION));
      } else {
        depth--;
        return value;
      }
    }
  }

  private BigDecimal product() {
    BigDecimal value = signed();
    while (true) {
      if (taken('*')) {
        value = bounded(value.multiply(signed(), PRECISION));
      } else if (taken('/')) {
        value = divide(value, signed());
      } else if (takenWord("mod")) {
        value = remainder(value, signed());
      } else if (peek() == '(') {
        value = bounded(value.multiply(signed(), PRECISION));
      } else {
        return value;
      }
    }
  }

  private BigDecimal signed() {
    boolean negative = false;
    while (true) {
      if (taken('-')) {
        negative = !negative;
      } else if (!taken('+')) {
        break;
      }
    }
    BigDecimal value = power();
    return negative ? value.negate() : value;
  }

  private BigDecimal power() {
    BigDecimal base = postfix();
    if (!taken('^')) {
      return base;
    }
    if (++depth > MAX_DEPTH) {
      throw new ArithmeticException("more than " + MAX_DEPTH + " powers of powers");
    }
    BigDecimal exponent = signed();
    depth--;
    return pow(base, exponent);
  }

  private BigDecimal postfix() {
    BigDecimal value = atom();
    while (true) {
      if (peek() == '%' && !modulusFollows()) {
        at++;
        value = value.divide(HUNDRED, PRECISION);
      } else if (taken('%')) {
        value = remainder(value, signed());
      } else if (taken('!')) {
        value = factorial(value);
      } else {
        return value;
      }
    }
  }

  /** A percent sign is a remainder when an operand follows it directly: {@code 7 % 3}. */
  private boolean modulusFollows() {
    int next = at + 1;
    while (next < text.length() && Character.isWhitespace(text.charAt(next))) {
      next++;
    }
    return next < text.length()
        && (Character.isLetterOrDigit(text.charAt(next)) || text.charAt(next) == '(')
        && !text.startsWith("of", next);
  }

  private BigDecimal atom() {
    char c = peek();
    if (c == '(') {
      at++;
      BigDecimal value = sum();
      expect(')');
      return value;
    }
    if (c == '√') {
      at++;
      return root(atom());
    }
    if (Character.isDigit(c) || c == '.') {
      return number();
    }
    if (Character.isLetter(c)) {
      return named();
    }
    throw unexpected("a number");
  }

  private BigDecimal number() {
    int start = at;
    while (at < text.length() && (Character.isDigit(text.charAt(at)) || thousands())) {
      at++;
    }
    if (at < text.length() && text.charAt(at) == '.') {
      at++;
      while (at < text.length() && Character.isDigit(text.charAt(at))) {
        at++;
      }
    }
    if (at < text.length() && Character.toLowerCase(text.charAt(at)) == 'e') {
      int mark = at++;
      if (at < text.length() && (text.charAt(at) == '-' || text.charAt(at) == '+')) {
        at++;
      }
      int digits = at;
      while (at < text.length() && Character.isDigit(text.charAt(at))) {
        at++;
      }
      if (digits == at || at - digits > 4) {
        at = mark;
      }
    }
    String literal = text.substring(start, at).replace(",", "").replace("_", "");
    try {
      return bounded(new BigDecimal(literal, PRECISION));
    } catch (NumberFormatException e) {
      at = start;
      throw unexpected("a number");
    }
  }

  /** A comma or underscore followed by exactly three digits groups thousands: {@code 1,250,000}. */
  private boolean thousands() {
    char c = text.charAt(at);
    if (c != ',' && c != '_') {
      return false;
    }
    int end = at + 1;
    while (end < text.length() && Character.isDigit(text.charAt(end))) {
      end++;
    }
    return end - at == 4 && callDepth == 0;
  }

  private BigDecimal named() {
    int start = at;
    while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
      at++;
    }
    String name = text.substring(start, at).toLowerCase(Locale.ROOT);
    if (peek() != '(') {
      return switch (name) {
        case "pi", "π" -> new BigDecimal("3.141592653589793238462643383279503");
        case "e" -> new BigDecimal("2.718281828459045235360287471352662");
        default -> {
          at = start;
          throw unexpected("a number, a function or pi");
        }
      };
    }
    at++;
    callDepth++;
    BigDecimal first = sum();
    BigDecimal second = taken(',') ? sum() : null;
    BigDecimal extreme = first;
    if (second != null) {
      extreme = extreme(name, first, second);
      while (taken(',')) {
        extreme = extreme(name, extreme, sum());
      }
    }
    callDepth--;
    expect(')');
    if (second == null) {
      return unary(name, first);
    }
    return switch (name) {
      case "min", "max" -> extreme;
      case "pow" -> pow(first, second);
      case "mod" -> remainder(first, second);
      case "log" -> real(Math.log(first.doubleValue()) / Math.log(second.doubleValue()), name);
      case "round" -> first.setScale(scale(second), RoundingMode.HALF_UP);
      default -> throw new ArithmeticException("there is no function " + name + " of two numbers");
    };
  }

  private static BigDecimal extreme(String name, BigDecimal a, BigDecimal b) {
    return switch (name) {
      case "min" -> a.min(b);
      case "max" -> a.max(b);
      default -> a;
    };
  }

  private static BigDecimal unary(String name, BigDecimal x) {
    return switch (name) {
      case "sqrt" -> root(x);
      case "cbrt" -> real(Math.cbrt(x.doubleValue()), name);
      case "abs" -> x.abs();
      case "min", "max" -> x;
      case "round" -> x.setScale(0, RoundingMode.HALF_UP);
      case "floor" -> x.setScale(0, RoundingMode.FLOOR);
      case "ceil" -> x.setScale(0, RoundingMode.CEILING);
      case "exp" -> real(Math.exp(x.doubleValue()), name);
      case "ln" -> real(Math.log(x.doubleValue()), name);
      case "log", "log10" -> real(Math.log10(x.doubleValue()), name);
      case "log2" -> real(Math.log(x.doubleValue()) / Math.log(2), name);
      case "sin" -> real(Math.sin(x.doubleValue()), name);
      case "cos" -> real(Math.cos(x.doubleValue()), name);
      case "tan" -> real(Math.tan(x.doubleValue()), name);
      case "asin" -> real(Math.asin(x.doubleValue()), name);
      case "acos" -> real(Math.acos(x.doubleValue()), name);
      case "atan" -> real(Math.atan(x.doubleValue()), name);
      case "factorial" -> factorial(x);
      default -> throw new ArithmeticException("there is no function " + name);
    };
  }

  private static BigDecimal real(double value, String name) {
    if (Double.isNaN(value) || Double.isInfinite(value)) {
      throw new ArithmeticException(name + " has no value there");
    }
    return new BigDecimal(value, new MathContext(15));
  }

  private static BigDecimal root(BigDecimal x) {
    if (x.signum() < 0) {
      throw new ArithmeticException("there is no real square root of " + show(x));
    }
    return x.sqrt(PRECISION);
  }

  private static BigDecimal divide(BigDecimal a, BigDecimal b) {
    if (b.signum() == 0) {
      throw new ArithmeticException("division by zero");
    }
    return bounded(a.divide(b, PRECISION));
  }

  /** Takes the sign of the divisor, as people mean it. */
  private static BigDecimal remainder(BigDecimal a, BigDecimal b) {
    if (b.signum() == 0) {
      throw new ArithmeticException("remainder of a division by zero");
    }
    if (a.precision() - a.scale() - (b.precision() - b.scale()) > 40) {
      throw new ArithmeticException("the numbers are too far apart for a remainder");
    }
    BigDecimal remainder = a.remainder(b);
    return remainder.signum() * b.signum() < 0 ? remainder.add(b) : remainder;
  }

  private static BigDecimal pow(BigDecimal base, BigDecimal exponent) {
    if (exponent.stripTrailingZeros().scale() <= 0) {
      if (exponent.abs().compareTo(BigDecimal.valueOf(MAX_EXPONENT)) > 0) {
        throw new ArithmeticException("an exponent is at most " + MAX_EXPONENT);
      }
      int n = exponent.intValueExact();
      if (n < 0 && base.signum() == 0) {
        throw new ArithmeticException("division by zero");
      }
      return bounded(base.pow(n, PRECISION));
    }
    if (base.signum() < 0) {
      throw new ArithmeticException(
          "there is no real power " + show(exponent) + " of " + show(base));
    }
    if (exponent.compareTo(new BigDecimal("0.5")) == 0) {
      return root(base);
    }
    return real(Math.pow(base.doubleValue(), exponent.doubleValue()), "this power");
  }

  private static BigDecimal factorial(BigDecimal x) {
    if (x.stripTrailingZeros().scale() > 0
        || x.signum() < 0
        || x.compareTo(BigDecimal.valueOf(1000)) > 0) {
      throw new ArithmeticException("a factorial is of a whole number from 0 to 1000");
    }
    BigInteger product = BigInteger.ONE;
    for (int i = 2; i <= x.intValueExact(); i++) {
      product = product.multiply(BigInteger.valueOf(i));
    }
    return new BigDecimal(product);
  }

  private static int scale(BigDecimal digits) {
    if (digits.abs().compareTo(BigDecimal.valueOf(30)) > 0) {
      throw new ArithmeticException("round keeps at most 30 digits, got " + show(digits));
    }
    return digits.intValue();
  }

  private static BigDecimal bounded(BigDecimal value) {
    if (Math.abs((long) value.scale()) > MAX_SCALE) {
      throw new ArithmeticException("the result is too large or too small to write down");
    }
    return value;
  }

  private void skipSpace() {
    while (at < text.length() && Character.isWhitespace(text.charAt(at))) {
      at++;
    }
  }

  private char peek() {
    skipSpace();
    return at < text.length() ? text.charAt(at) : '\0';
  }

  private boolean taken(char c) {
    if (peek() == c) {
      at++;
      return true;
    }
    return false;
  }

  private boolean takenWord(String word) {
    skipSpace();
    int end = at + word.length();
    if (text.regionMatches(true, at, word, 0, word.length())
        && (end == text.length() || !Character.isLetterOrDigit(text.charAt(end)))) {
      at = end;
      return true;
    }
    return false;
  }

  private void expect(char c) {
    if (!taken(c)) {
      throw unexpected("\"" + c + "\"");
    }
  }

  private ArithmeticException unexpected(String wanted) {
    skipSpace();
    return new ArithmeticException(
        at >= text.length()
            ? "the expression ends where " + wanted + " should stand"
            : "expected "
                + wanted
                + " at character "
                + (at + 1)
                + ", found \""
                + ToolBox.head(text.substring(at), 20)
                + "\"");
  }
}
