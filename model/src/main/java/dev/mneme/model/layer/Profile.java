package dev.mneme.model.layer;

import java.util.EnumMap;
import java.util.Map;

/** A stopwatch that always runs for exactly one part of a step. One thread. */
public final class Profile {
  /** What time is spent on. */
  public enum Part {
    EMBEDDING,
    NORMS,
    ATTENTION,
    DENSE,
    EXPERTS,
    HEAD,
    OPTIMIZER,
    OTHER
  }

  private final Map<Part, Long> nanos = new EnumMap<>(Part.class);
  private Part current = Part.OTHER;
  private long since = System.nanoTime();

  /** From now on time belongs to {@code part}. */
  public void enter(Part part) {
    long now = System.nanoTime();
    nanos.merge(current, now - since, Long::sum);
    current = part;
    since = now;
  }

  /** Seconds per part since the last reset. */
  public Map<Part, Double> seconds() {
    enter(current);
    Map<Part, Double> out = new EnumMap<>(Part.class);
    for (Part part : Part.values()) {
      out.put(part, nanos.getOrDefault(part, 0L) * 1e-9);
    }
    return out;
  }

  /** Forgets all times. */
  public void reset() {
    nanos.clear();
    current = Part.OTHER;
    since = System.nanoTime();
  }
}
