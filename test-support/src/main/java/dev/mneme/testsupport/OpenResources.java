package dev.mneme.testsupport;

/** Counts one kind of resource that must be closed; found by {@link java.util.ServiceLoader}. */
public interface OpenResources {
  /** What is counted, in the plural, for example {@code tensors}. */
  String kind();

  /** How many are open now. */
  long open();
}
