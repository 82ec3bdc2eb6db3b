package dev.mneme.preference;

import java.time.Instant;
import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * How the effective share of each side of a reversed preference moved over time.
 *
 * @param user whose preference
 * @param slot what it is about
 * @param points at each expression, and now
 */
public record WeightCurve(String user, String slot, List<Point> points) {
  public WeightCurve {
    points = List.copyOf(points);
  }

  /**
   * The shares at one time.
   *
   * @param at when
   * @param shares effective share by value, summing to one
   */
  public record Point(Instant at, SortedMap<String, Double> shares) {
    public Point {
      shares = Collections.unmodifiableSortedMap(new TreeMap<>(shares));
    }
  }
}
