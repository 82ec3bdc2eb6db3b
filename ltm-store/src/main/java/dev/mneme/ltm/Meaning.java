package dev.mneme.ltm;

/** A question's vector, and the index field that holds vectors like it. */
final class Meaning {
  private final String field;
  private final float[] vector;

  /** Takes the array over; the caller does not write to it again. */
  Meaning(String field, float[] vector) {
    this.field = field;
    this.vector = vector;
  }

  String field() {
    return field;
  }

  /** Not to be written to. */
  float[] vector() {
    return vector;
  }
}
