package dev.mneme.model;

/**
 * Mixture-of-experts feed-forward layers (DeepSeek-V3, arXiv 2412.19437, section 2.1.2).
 *
 * @param experts routed experts ({@code n_routed_experts})
 * @param expertsPerToken experts that each token visits ({@code num_experts_per_tok})
 * @param sharedExperts experts every token visits, as one SwiGLU that many times as wide; may be 0
 * @param intermediateSize width of one expert ({@code moe_intermediate_size})
 * @param groups expert groups ({@code n_group}); selection is limited to the best {@code topkGroup}
 * @param topkGroup groups that stay ({@code topk_group})
 * @param scoring how router logits become scores
 * @param correctionBias whether selection adds {@code e_score_correction_bias} to the scores
 * @param normTopkProb whether the selected weights are divided by their sum
 * @param routedScalingFactor factor on the routed weights
 * @param firstDense layers before the first mixture ({@code first_k_dense_replace})
 */
public record Moe(
    int experts,
    int expertsPerToken,
    int sharedExperts,
    int intermediateSize,
    int groups,
    int topkGroup,
    Scoring scoring,
    boolean correctionBias,
    boolean normTopkProb,
    double routedScalingFactor,
    int firstDense) {

  /** How router logits become expert scores. */
  public enum Scoring {
    SIGMOID("sigmoid"),
    SOFTMAX("softmax");

    private final String key;

    Scoring(String key) {
      this.key = key;
    }

    /** The value of {@code scoring_func}. */
    public String key() {
      return key;
    }
  }

  public Moe {
    Checks.positive("n_routed_experts", experts);
    Checks.positive("num_experts_per_tok", expertsPerToken);
    Checks.positive("moe_intermediate_size", intermediateSize);
    Checks.positive("n_group", groups);
    Checks.positive("topk_group", topkGroup);
    Checks.atMost("topk_group", topkGroup, "n_group", groups);
    if (sharedExperts < 0 || firstDense < 0) {
      throw new IllegalArgumentException(
          "n_shared_experts is "
              + sharedExperts
              + " and first_k_dense_replace is "
              + firstDense
              + ", expected numbers of at least 0");
    }
    if (experts % groups != 0) {
      throw new IllegalArgumentException(
          "n_routed_experts is " + experts + ", expected a multiple of n_group " + groups);
    }
    Checks.atMost(
        "num_experts_per_tok",
        expertsPerToken,
        "the experts of topk_group groups,",
        experts / groups * topkGroup);
    if (!(routedScalingFactor > 0)) {
      throw new IllegalArgumentException(
          "routed_scaling_factor is " + routedScalingFactor + ", expected a positive number");
    }
  }

  /** Width of the shared experts' SwiGLU; 0 where there are none. */
  public int sharedIntermediateSize() {
    return sharedExperts * intermediateSize;
  }
}
