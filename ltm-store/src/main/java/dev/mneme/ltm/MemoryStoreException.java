package dev.mneme.ltm;

import org.jspecify.annotations.Nullable;

/**
 * The world failed the memory: disk, database, index or another process.
 *
 * <p>{@link #retryable} says whether the same call may succeed later without anyone mending
 * something. A caller's mistake is an {@link IllegalArgumentException} instead.
 */
public class MemoryStoreException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final boolean retryable;

  public MemoryStoreException(String message, boolean retryable, @Nullable Throwable cause) {
    super(message, cause);
    this.retryable = retryable;
  }

  /** True when trying again later may help. */
  public boolean retryable() {
    return retryable;
  }

  /** Another process, named in the message, has the store open. In use is never corrupt. */
  public static final class InUse extends MemoryStoreException {
    private static final long serialVersionUID = 1;

    public InUse(String message) {
      super(message, true, null);
    }
  }
}
