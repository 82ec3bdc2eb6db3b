package dev.mneme.model.serve;

import java.util.Locale;

/** How a decoder keeps the matrices. Norms, router and cache stay f32, and so do all sums. */
public enum Precision {
  /** As exact as the file: for reference and comparison. */
  F32(4),
  /**
   * Two bytes a weight, half the memory traffic; the default. A bf16 file is kept as it is, which
   * loses nothing. Weights of an f32 or f16 file become 16-bit integers with a scale a row, which
   * lose a hundred times less than rounding them to bf16 would (docs/adr/0021).
   */
  BF16(2),
  /** Eight-bit integers with a scale per block of a row: a quarter of the traffic. */
  INT8(1);

  private final int bytes;

  Precision(int bytes) {
    this.bytes = bytes;
  }

  /** Bytes of one weight, scales apart. */
  public int bytes() {
    return bytes;
  }

  /** The name on the command line: {@code f32}, {@code bf16} or {@code int8}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }

  /**
   * The precision of that name.
   *
   * @throws IllegalArgumentException naming the three
   */
  public static Precision of(String label) {
    for (Precision precision : values()) {
      if (precision.label().equals(label.toLowerCase(Locale.ROOT))) {
        return precision;
      }
    }
    throw new IllegalArgumentException(
        "precision is " + label + ", expected one of f32, bf16, int8");
  }
}
