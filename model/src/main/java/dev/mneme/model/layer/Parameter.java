package dev.mneme.model.layer;

/**
 * One checkpoint tensor inside the flat buffers.
 *
 * @param name Hugging Face name
 * @param vector whether the checkpoint holds it with one dimension
 * @param offset first element in the flat buffers
 */
public record Parameter(String name, Role role, boolean vector, long offset, int rows, int cols) {
  /** What a parameter is, which decides its initial values and its update rule. */
  public enum Role {
    /** A matrix inside a block that reads the residual stream or a latent. */
    MATRIX,
    /** A matrix inside a block that writes to the residual stream. */
    OUTPUT_MATRIX,
    EMBEDDING,
    HEAD,
    NORM,
    /** The gate of a mixture of experts. */
    ROUTER,
    /** Moved by load, not by gradients. */
    ROUTER_BIAS
  }

  /** Number of elements. */
  public int size() {
    return rows * cols;
  }

  /** Whether Muon applies. */
  public boolean isBlockMatrix() {
    return role == Role.MATRIX || role == Role.OUTPUT_MATRIX;
  }
}
