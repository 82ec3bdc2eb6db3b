package dev.mneme.agent;

import java.util.concurrent.atomic.AtomicBoolean;

/** A request to stop, checked between tokens. Thread-safe; never interrupts a thread. */
public class Cancellation {
  private final AtomicBoolean requested = new AtomicBoolean();

  public void cancel() {
    requested.set(true);
  }

  public boolean isRequested() {
    return requested.get();
  }
}
