package dev.mneme.data.curriculum;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/**
 * Interchangeable texts with their split.
 *
 * <p>Training draws from the training side only. A held-out example draws from the held-out side;
 * where that side is empty the pool says so and the caller decides whether the example can still be
 * made of held-out wording.
 */
final class Pool<T> {
  private final List<T> all;
  private final List<T> training;
  private final List<T> heldOut;

  private Pool(List<T> all, List<T> training, List<T> heldOut) {
    this.all = List.copyOf(all);
    this.training = List.copyOf(training);
    this.heldOut = List.copyOf(heldOut);
  }

  /** Splits by the hash of each item's text. */
  static <T> Pool<T> split(List<T> items, Function<T, String> text) {
    var training = new ArrayList<T>();
    var heldOut = new ArrayList<T>();
    for (T each : items) {
      (Split.heldOut(text.apply(each)) ? heldOut : training).add(each);
    }
    return new Pool<>(items, training, heldOut);
  }

  /** Texts that both sides use: replies, which are what is taught, and closed classes of words. */
  static <T> Pool<T> shared(List<T> items) {
    return new Pool<>(items, items, items);
  }

  /** The same split of what the items stand for. */
  <R> Pool<R> map(Function<T, R> to) {
    return new Pool<>(
        all.stream().map(to).toList(),
        training.stream().map(to).toList(),
        heldOut.stream().map(to).toList());
  }

  boolean isEmpty() {
    return all.isEmpty();
  }

  int size() {
    return all.size();
  }

  List<T> all() {
    return all;
  }

  /** The texts that this side of the split may use. */
  List<T> side(boolean wantHeldOut) {
    return wantHeldOut ? heldOut : training;
  }

  /** True when this side of the split has anything to say. */
  boolean has(boolean wantHeldOut) {
    return !side(wantHeldOut).isEmpty();
  }
}
