package dev.mneme.model.layer;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * A stopwatch that always runs for exactly one part of a step. Changing parts allocates nothing and
 * costs a look at the clock, so it may stay on. One thread.
 */
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

  /** One number a part, in an array so that adding to it allocates nothing. */
  private final Map<Part, long[]> nanos = new EnumMap<>(Part.class);

  private long[] running;
  private long since = System.nanoTime();

  public Profile() {
    for (Part part : Part.values()) {
      nanos.put(part, new long[1]);
    }
    running = of(Part.OTHER);
  }

  private long[] of(Part part) {
    return Objects.requireNonNull(nanos.get(part));
  }

  /** From now on time belongs to {@code part}. */
  public void enter(Part part) {
    long now = System.nanoTime();
    running[0] += now - since;
    running = of(part);
    since = now;
  }

  /** Seconds per part since the last reset. */
  public Map<Part, Double> seconds() {
    long now = System.nanoTime();
    running[0] += now - since;
    since = now;
    Map<Part, Double> out = new EnumMap<>(Part.class);
    nanos.forEach((part, time) -> out.put(part, time[0] * 1e-9));
    return out;
  }

  /** Forgets all times. */
  public void reset() {
    nanos.values().forEach(time -> time[0] = 0);
    running = of(Part.OTHER);
    since = System.nanoTime();
  }
}
