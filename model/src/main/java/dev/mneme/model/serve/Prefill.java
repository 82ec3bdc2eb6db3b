package dev.mneme.model.serve;

import java.util.Locale;

/** How the many rows of a prompt are multiplied with the weights. */
public enum Prefill {
  /**
   * By the loops that decode: a row has the same bits whether it is computed alone, in a batch or
   * in a prompt, whatever was kept of the prompt, on any number of threads. For everything that
   * must be repeatable.
   */
  INVARIANT,
  /**
   * In bf16 and int8, 32 rows or more are rounded to bf16 and multiplied by oneDNN, where the
   * processor multiplies bf16: faster for wide models, much faster with AMX. A reply drawn from
   * near-ties may then depend on how its prompt was cut.
   */
  FAST;

  /** The name on the command line: {@code invariant} or {@code fast}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The way of that name.
   *
   * @throws IllegalArgumentException naming both
   */
  public static Prefill of(String label) {
    for (Prefill prefill : values()) {
      if (prefill.label().equals(label.toLowerCase(Locale.ROOT))) {
        return prefill;
      }
    }
    throw new IllegalArgumentException("prefill is " + label + ", expected one of invariant, fast");
  }
}
