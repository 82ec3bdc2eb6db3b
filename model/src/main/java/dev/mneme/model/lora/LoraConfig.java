package dev.mneme.model.lora;

import java.util.List;

/**
 * Which matrices get a low-rank update, and how large it is.
 *
 * @param rank r: columns of B and rows of A
 * @param alpha the update is scaled by alpha / r
 * @param targets names of modules as in PEFT's {@code target_modules}, for example {@code q_proj};
 *     {@link #ALL_LINEAR} means every matrix inside the blocks but the router
 */
public record LoraConfig(int rank, double alpha, List<String> targets) {
  /** Every matrix inside the blocks, as PEFT calls it. */
  public static final String ALL_LINEAR = "all-linear";

  public LoraConfig {
    targets = List.copyOf(targets);
    if (rank < 1) {
      throw new IllegalArgumentException("a LoRA of rank " + rank + "; expected at least 1");
    }
    if (!(alpha > 0) || Double.isInfinite(alpha)) {
      throw new IllegalArgumentException("LoRA alpha is " + alpha + "; expected more than 0");
    }
    if (targets.isEmpty()) {
      throw new IllegalArgumentException(
          "a LoRA without targets trains nothing; expected names such as q_proj, or " + ALL_LINEAR);
    }
  }

  /** What B A is multiplied by. */
  public double scale() {
    return alpha / rank;
  }

  boolean targets(String module) {
    return targets.contains(ALL_LINEAR) || targets.contains(module);
  }
}
