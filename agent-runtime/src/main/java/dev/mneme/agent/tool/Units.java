package dev.mneme.agent.tool;

import java.math.BigDecimal;
import java.math.MathContext;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Units people use, by exact definition: each is a factor (and for temperatures an offset) to the
 * base unit of its kind.
 */
final class Units {
  private static final MathContext PRECISION = MathContext.DECIMAL128;
  private static final Map<String, Unit> BY_NAME = new HashMap<>();

  private record Unit(String kind, BigDecimal factor, BigDecimal offset) {}

  static {
    // Length in metres; the international yard of 1959 is 0.9144 m.
    unit("length", "1", "m", "metre", "meter");
    unit("length", "1000", "km", "kilometre", "kilometer");
    unit("length", "0.01", "cm", "centimetre", "centimeter");
    unit("length", "0.001", "mm", "millimetre", "millimeter");
    unit("length", "0.000001", "µm", "um", "micrometre", "micrometer", "micron");
    unit("length", "0.000000001", "nm", "nanometre", "nanometer");
    unit("length", "0.0254", "in", "inch", "inches", "\"");
    unit("length", "0.3048", "ft", "foot", "feet", "'");
    unit("length", "0.9144", "yd", "yard");
    unit("length", "1609.344", "mi", "mile");
    unit("length", "1852", "nmi", "nautical mile");
    // Mass in kilograms; the avoirdupois pound is 0.45359237 kg.
    unit("mass", "1", "kg", "kilogram", "kilo");
    unit("mass", "0.001", "g", "gram");
    unit("mass", "0.000001", "mg", "milligram");
    unit("mass", "1000", "t", "tonne", "metric ton");
    unit("mass", "0.45359237", "lb", "lbs", "pound");
    unit("mass", "0.028349523125", "oz", "ounce");
    unit("mass", "6.35029318", "st", "stone");
    unit("mass", "907.18474", "short ton", "us ton");
    // Volume in litres; the US gallon is 231 cubic inches, the imperial one 4.54609 l.
    unit("volume", "1", "l", "litre", "liter");
    unit("volume", "0.001", "ml", "millilitre", "milliliter", "cc");
    unit("volume", "0.01", "cl", "centilitre", "centiliter");
    unit("volume", "0.1", "dl", "decilitre", "deciliter");
    unit("volume", "1000", "m3", "m³", "cubic metre", "cubic meter");
    unit("volume", "3.785411784", "gal", "gallon", "us gallon");
    unit("volume", "4.54609", "imperial gallon", "uk gallon");
    unit("volume", "0.946352946", "qt", "quart");
    unit("volume", "0.473176473", "pt", "pint", "us pint");
    unit("volume", "0.56826125", "imperial pint", "uk pint");
    unit("volume", "0.2365882365", "cup");
    unit("volume", "0.0295735295625", "fl oz", "floz", "fluid ounce");
    unit("volume", "0.01478676478125", "tbsp", "tablespoon");
    unit("volume", "0.00492892159375", "tsp", "teaspoon");
    // Time in seconds.
    unit("time", "1", "s", "sec", "second");
    unit("time", "0.001", "ms", "millisecond");
    unit("time", "60", "min", "minute");
    unit("time", "3600", "h", "hr", "hour");
    unit("time", "86400", "d", "day");
    unit("time", "604800", "wk", "week");
    unit("time", "31557600", "yr", "year");
    // Speed in metres per second.
    unit("speed", "1", "m/s", "mps");
    unit("speed", "0.27777777777777777777777777777777778", "km/h", "kph", "kmh");
    unit("speed", "0.44704", "mph", "mi/h");
    unit("speed", "0.51444444444444444444444444444444444", "kn", "knot");
    // Area in square metres.
    unit("area", "1", "m2", "m²", "square metre", "square meter");
    unit("area", "1000000", "km2", "km²", "square kilometre", "square kilometer");
    unit("area", "0.0001", "cm2", "cm²", "square centimetre", "square centimeter");
    unit("area", "10000", "ha", "hectare");
    unit("area", "4046.8564224", "acre");
    unit("area", "0.09290304", "ft2", "ft²", "sq ft", "square foot", "square feet");
    unit("area", "2589988.110336", "mi2", "mi²", "square mile");
    // Energy in joules, power in watts, pressure in pascals.
    unit("energy", "1", "j", "joule");
    unit("energy", "1000", "kj", "kilojoule");
    unit("energy", "4.184", "cal", "calorie");
    unit("energy", "4184", "kcal", "kilocalorie");
    unit("energy", "3600", "wh", "watt hour");
    unit("energy", "3600000", "kwh", "kilowatt hour");
    unit("power", "1", "w", "watt");
    unit("power", "1000", "kw", "kilowatt");
    unit("power", "745.69987158227022", "hp", "horsepower");
    unit("pressure", "1", "pa", "pascal");
    unit("pressure", "1000", "kpa", "kilopascal");
    unit("pressure", "100000", "bar");
    unit("pressure", "101325", "atm", "atmosphere");
    unit("pressure", "6894.757293168361", "psi");
    unit("pressure", "133.322387415", "mmhg");
    // Data in bytes.
    unit("data", "0.125", "bit");
    unit("data", "1", "b", "byte");
    unit("data", "1000", "kb", "kilobyte");
    unit("data", "1000000", "mb", "megabyte");
    unit("data", "1000000000", "gb", "gigabyte");
    unit("data", "1000000000000", "tb", "terabyte");
    unit("data", "1024", "kib", "kibibyte");
    unit("data", "1048576", "mib", "mebibyte");
    unit("data", "1073741824", "gib", "gibibyte");
    unit("data", "1099511627776", "tib", "tebibyte");
    // Temperature in kelvin: (value + offset) * factor.
    temperature("1", "0", "k", "kelvin");
    temperature("1", "273.15", "c", "°c", "celsius", "degrees celsius", "degree celsius");
    temperature(
        "0.55555555555555555555555555555555556",
        "459.67",
        "f",
        "°f",
        "fahrenheit",
        "degrees fahrenheit",
        "degree fahrenheit");
  }

  private Units() {}

  /**
   * Converts a value.
   *
   * @throws ArithmeticException when a unit is unknown or the two are of different kinds
   */
  static BigDecimal convert(BigDecimal value, String from, String to) {
    Unit source = find(from);
    Unit target = find(to);
    if (!source.kind().equals(target.kind())) {
      throw new ArithmeticException(
          from + " is a unit of " + source.kind() + ", " + to + " of " + target.kind());
    }
    BigDecimal base = value.add(source.offset(), PRECISION).multiply(source.factor(), PRECISION);
    BigDecimal converted =
        base.divide(target.factor(), PRECISION).subtract(target.offset(), PRECISION);
    // Thirds are not exact decimals; what is left of them is below the 30th digit.
    return converted.round(new MathContext(28));
  }

  private static Unit find(String name) {
    String key = name.strip().toLowerCase(Locale.ROOT).replaceAll("\\s+", " ");
    Unit unit = BY_NAME.get(key);
    if (unit == null) {
      unit = singular(key);
    }
    if (unit == null) {
      throw new ArithmeticException("unknown unit \"" + name + "\"");
    }
    return unit;
  }

  private static @Nullable Unit singular(String key) {
    if (key.endsWith("s") && key.length() > 3) {
      return BY_NAME.get(key.substring(0, key.length() - 1));
    }
    return null;
  }

  private static void unit(String kind, String factor, String... names) {
    for (String each : names) {
      BY_NAME.put(each, new Unit(kind, new BigDecimal(factor), BigDecimal.ZERO));
    }
  }

  private static void temperature(String factor, String offset, String... names) {
    for (String each : names) {
      BY_NAME.put(each, new Unit("temperature", new BigDecimal(factor), new BigDecimal(offset)));
    }
  }
}
