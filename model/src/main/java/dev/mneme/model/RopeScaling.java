package dev.mneme.model;

/** How rotary frequencies are stretched beyond the length the model was first trained on. */
public sealed interface RopeScaling {

  /**
   * YaRN (arXiv 2309.00071): frequencies that turn more than {@code betaFast} times in the original
   * length stay, those below {@code betaSlow} are divided by {@code factor}, a ramp between.
   *
   * @param mscale magnitude correction of the rotated part, relative to {@code mscaleAllDim}
   * @param mscaleAllDim magnitude correction of whole scores (squared), DeepSeek's addition; 0 off
   */
  record Yarn(
      double factor,
      int originalMaxPositions,
      double betaFast,
      double betaSlow,
      double mscale,
      double mscaleAllDim)
      implements RopeScaling {
    public Yarn {
      checkFactor(factor);
      Checks.positive("original_max_position_embeddings", originalMaxPositions);
    }
  }

  /**
   * The scheme of Llama 3.1: wavelengths above {@code original / lowFreqFactor} are divided by
   * {@code factor}, those below {@code original / highFreqFactor} stay, smooth between.
   */
  record Llama3(
      double factor, double lowFreqFactor, double highFreqFactor, int originalMaxPositions)
      implements RopeScaling {
    public Llama3 {
      checkFactor(factor);
      Checks.positive("original_max_position_embeddings", originalMaxPositions);
      if (!(highFreqFactor > lowFreqFactor)) {
        throw new IllegalArgumentException(
            "rope_scaling.high_freq_factor is "
                + highFreqFactor
                + ", expected more than low_freq_factor "
                + lowFreqFactor);
      }
    }
  }

  private static void checkFactor(double factor) {
    if (!(factor >= 1)) {
      throw new IllegalArgumentException(
          "rope_scaling.factor is " + factor + ", expected a number of at least 1");
    }
  }
}
