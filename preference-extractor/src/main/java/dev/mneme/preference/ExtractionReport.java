package dev.mneme.preference;

import dev.mneme.data.PreferencePair;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * What one run read, found and dropped.
 *
 * @param users how many users' history was used
 * @param sessions how many sessions were in the history
 * @param read how many of them were new or had changed, and were read
 * @param turns how many turns all sessions hold
 * @param replies how many of them are replies
 * @param clear how many replies say something clearly
 * @param pairs accepted pairs by origin
 * @param good accepted single replies with high satisfaction
 * @param bad accepted single replies with low satisfaction
 * @param stated stated preferences
 * @param dropped how many were dropped, by reason
 * @param curves the effective weight of preferences that reversed
 * @param totalWeight of all accepted pairs, after caps
 */
public record ExtractionReport(
    int users,
    long sessions,
    long read,
    long turns,
    long replies,
    long clear,
    Map<PreferencePair.Origin, Long> pairs,
    long good,
    long bad,
    long stated,
    SortedMap<DropReason, Long> dropped,
    List<WeightCurve> curves,
    double totalWeight) {
  public ExtractionReport {
    pairs = Map.copyOf(pairs);
    dropped = Collections.unmodifiableSortedMap(new TreeMap<>(dropped));
    curves = List.copyOf(curves);
  }

  /** All accepted pairs. */
  public long pairCount() {
    return pairs.values().stream().mapToLong(Long::longValue).sum();
  }
}
