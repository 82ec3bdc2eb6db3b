package dev.mneme.model.serve;

/**
 * The weights of one gated unit, {@code down(silu(gate x) * up x)} (arXiv 2002.05202).
 *
 * @param gateUp panels of gate and up in turns, so that whoever computes a pair can gate it at once
 */
record SwiGlu(PackedMatrix gateUp, PackedMatrix down) {
  /** Pairs of panels. */
  int pairs() {
    return gateUp.panels() / 2;
  }
}
