package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Waiting for the store's own threads without giving up on an interrupt. */
final class Waiting {
  private Waiting() {}

  /** The result; the caller's interrupt flag survives, and the work is never cut short. */
  static <T> T join(CompletableFuture<T> future) {
    boolean interrupted = false;
    try {
      while (true) {
        try {
          return future.get();
        } catch (InterruptedException e) {
          interrupted = true;
        } catch (ExecutionException e) {
          Throwable cause = requireNonNull(e.getCause(), "a failed future has a cause");
          switch (cause) {
            case IllegalArgumentException mistake ->
                throw (IllegalArgumentException) mistake.fillInStackTrace();
            case IllegalStateException closed ->
                throw (IllegalStateException) closed.fillInStackTrace();
            case MemoryStoreException failure -> throw failure;
            case Error error -> throw error;
            default ->
                throw new MemoryStoreException(
                    "the memory failed: " + cause.getMessage(), true, cause);
          }
        }
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
