package dev.mneme.model;

/**
 * Rotary position frequencies of one configuration (RoFormer, arXiv 2104.09864), scaling applied.
 * Immutable and thread-safe. Which dimensions form a pair is the attention's business: interleaved
 * in {@link Attention.Mla}, first half with second half in {@link Attention.Gqa}.
 */
public final class Rope {
  private final double[] frequencies;
  private final double magnitude;
  private final double scoreScale;

  private Rope(double[] frequencies, double magnitude, double scoreScale) {
    this.frequencies = frequencies;
    this.magnitude = magnitude;
    this.scoreScale = scoreScale;
  }

  static Rope of(ModelConfig config) {
    int dim = config.attention().ropeDim();
    double[] f = new double[dim / 2];
    for (int i = 0; i < f.length; i++) {
      f[i] = Math.pow(config.ropeTheta(), -2.0 * i / dim);
    }
    double base = 1 / Math.sqrt(config.attention().queryHeadDim());
    return switch (config.ropeScaling()) {
      case null -> new Rope(f, 1, base);
      case RopeScaling.Yarn yarn -> yarn(f, yarn, dim, config.ropeTheta(), base);
      case RopeScaling.Llama3 llama3 -> llama3(f, llama3, base);
    };
  }

  private static Rope yarn(double[] f, RopeScaling.Yarn y, int dim, double theta, double base) {
    double low = Math.max(0, Math.floor(turnsToDim(y.betaFast(), dim, theta, y)));
    double high = Math.min(dim - 1, Math.ceil(turnsToDim(y.betaSlow(), dim, theta, y)));
    double width = high == low ? 0.001 : high - low;
    for (int i = 0; i < f.length; i++) {
      double smooth = 1 - Math.clamp((i - low) / width, 0.0, 1.0);
      f[i] = f[i] / y.factor() * (1 - smooth) + f[i] * smooth;
    }
    double all = mscale(y.factor(), y.mscaleAllDim());
    return new Rope(f, mscale(y.factor(), y.mscale()) / all, base * all * all);
  }

  /** The (fractional) frequency index whose wave makes {@code turns} turns in the first length. */
  private static double turnsToDim(double turns, int dim, double theta, RopeScaling.Yarn y) {
    return dim * Math.log(y.originalMaxPositions() / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
  }

  private static double mscale(double factor, double mscale) {
    return factor <= 1 ? 1 : 0.1 * mscale * Math.log(factor) + 1;
  }

  private static Rope llama3(double[] f, RopeScaling.Llama3 s, double base) {
    for (int i = 0; i < f.length; i++) {
      double turns = s.originalMaxPositions() * f[i] / (2 * Math.PI);
      double smooth =
          Math.clamp(
              (turns - s.lowFreqFactor()) / (s.highFreqFactor() - s.lowFreqFactor()), 0.0, 1.0);
      f[i] = f[i] / s.factor() * (1 - smooth) + f[i] * smooth;
    }
    return new Rope(f, 1, base);
  }

  /** Rotated pairs of a head. */
  public int pairs() {
    return frequencies.length;
  }

  /** Radians that pair {@code pair} turns from one position to the next. */
  public double frequency(int pair) {
    return frequencies[pair];
  }

  /** What multiplies query times key before softmax: 1/sqrt(head width) and YaRN's correction. */
  public float scoreScale() {
    return (float) scoreScale;
  }

  /** What multiplies cosines and sines; 1 unless YaRN's two mscale values differ. */
  public double magnitude() {
    return magnitude;
  }

  /**
   * The angle in radians, rounded to float where the reference implementations round it: at long
   * positions the rounding is larger than the agreement we ask for.
   */
  private double angle(int position, int pair) {
    return position * (float) frequencies[pair];
  }

  /** Cosines [positions][pairs], flattened, for positions {@code from} to {@code to}. */
  public float[] cosines(int from, int to) {
    float[] out = new float[(to - from) * pairs()];
    for (int p = from; p < to; p++) {
      for (int i = 0; i < pairs(); i++) {
        out[(p - from) * pairs() + i] = (float) (Math.cos(angle(p, i)) * magnitude);
      }
    }
    return out;
  }

  /** Sines [positions][pairs], flattened, for positions {@code from} to {@code to}. */
  public float[] sines(int from, int to) {
    float[] out = new float[(to - from) * pairs()];
    for (int p = from; p < to; p++) {
      for (int i = 0; i < pairs(); i++) {
        out[(p - from) * pairs() + i] = (float) (Math.sin(angle(p, i)) * magnitude);
      }
    }
    return out;
  }
}
