package dev.mneme.preference;

import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * One user's expressions by slot, and what is left of each side where they contradict each other.
 *
 * <p>Support of a value is the sum of intensity times recency over its expressions; the effective
 * share of a value is its support over all support in the slot. So a preference that reverses wins
 * over its past in proportion to how strongly, how often and how recently it is expressed.
 */
final class Reversals {
  private record Expression(String value, Instant at, double strength) {}

  private final Duration halfLife;
  private final Map<String, List<Expression>> bySlot = new LinkedHashMap<>();

  Reversals(Duration halfLife, List<StatedPreference> wishes, List<PairMaker.Found> pairs) {
    this.halfLife = halfLife;
    for (StatedPreference each : wishes) {
      if (Aspect.reversible(each.slot())) {
        add(Aspect.of(each), each.from(), each.reach() == StatedPreference.Reach.REPLY ? 0.5 : 1);
      }
    }
    for (PairMaker.Found each : pairs) {
      Candidate pair = each.candidate();
      for (Aspect aspect : each.aspects()) {
        for (Instant at : each.times()) {
          add(aspect, at, pair.intensity() * pair.confidence());
        }
      }
    }
  }

  private void add(Aspect aspect, Instant at, double strength) {
    bySlot
        .computeIfAbsent(aspect.slot(), slot -> new ArrayList<>())
        .add(new Expression(aspect.value(), at, strength));
  }

  /** What is left of a pair about these aspects: the least over its slots, 1 without opposition. */
  double left(List<Aspect> aspects, Instant now) {
    double left = 1;
    for (Aspect each : aspects) {
      left = Math.min(left, share(each.slot(), each.value(), now));
    }
    return left;
  }

  private double share(String slot, String value, Instant now) {
    double support = 0;
    double opposition = 0;
    for (Expression each : bySlot.getOrDefault(slot, List.of())) {
      if (each.at.isAfter(now)) {
        continue;
      }
      double strength = each.strength * Weights.recency(Duration.between(each.at, now), halfLife);
      if (each.value.equals(value)) {
        support += strength;
      } else {
        opposition += strength;
      }
    }
    return support + opposition == 0 ? 0 : Weights.afterReversal(support, opposition);
  }

  /** The slots whose values were reversed, each with its curve up to {@code now}. */
  List<WeightCurve> curves(String user, Instant now) {
    var curves = new ArrayList<WeightCurve>();
    bySlot.forEach(
        (slot, expressions) -> {
          if (expressions.stream().map(Expression::value).distinct().count() > 1) {
            curves.add(new WeightCurve(user, slot, points(slot, expressions, now)));
          }
        });
    return curves;
  }

  private List<WeightCurve.Point> points(String slot, List<Expression> expressions, Instant now) {
    var times =
        new ArrayList<>(
            expressions.stream()
                .map(Expression::at)
                .filter(at -> !at.isAfter(now))
                .distinct()
                .sorted()
                .toList());
    if (times.isEmpty() || times.getLast().isBefore(now)) {
      times.add(now);
    }
    var values = expressions.stream().map(Expression::value).distinct().sorted().toList();
    // A curve is for people: a thousand points would show no more than the last hundred.
    return times.subList(Math.max(0, times.size() - 100), times.size()).stream()
        .map(
            at -> {
              var shares = new TreeMap<String, Double>();
              values.forEach(value -> shares.put(value, share(slot, value, at)));
              return new WeightCurve.Point(at, shares);
            })
        .toList();
  }

  /** The slots reversed more than {@code most} times within a window, each with how often. */
  Map<String, Integer> suddenFlips(int most, Duration window) {
    var sudden = new LinkedHashMap<String, Integer>();
    bySlot.forEach(
        (slot, unordered) -> {
          var expressions =
              unordered.stream().sorted(Comparator.comparing(Expression::at)).toList();
          var flips = new ArrayList<Instant>();
          for (int i = 1; i < expressions.size(); i++) {
            if (!expressions.get(i).value.equals(expressions.get(i - 1).value)) {
              flips.add(expressions.get(i).at);
            }
          }
          for (int i = 0, from = 0; i < flips.size(); i++) {
            while (flips.get(from).plus(window).isBefore(flips.get(i))) {
              from++;
            }
            if (i - from + 1 > most) {
              sudden.merge(slot, i - from + 1, Math::max);
            }
          }
        });
    return sudden;
  }
}
