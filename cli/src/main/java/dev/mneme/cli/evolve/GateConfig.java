package dev.mneme.cli.evolve;

/**
 * What a candidate must hold.
 *
 * @param enabled false promotes whatever was trained, unmeasured: for experiments only
 * @param maxGradeDrop largest fall of the mean grade on our 80 prompts, points of 10
 * @param maxGradeDropFromOrigin the same against the checkpoint that the first cycle began with
 * @param maxCurriculumDrop largest fall of the share of curriculum checks met, 0 to 1
 * @param maxCurriculumDropFromOrigin the same against the checkpoint that the first cycle began
 *     with, for abstention and safety also when taken alone
 * @param curriculumItems held-out curriculum examples drawn per group, of which each request is
 *     asked once
 * @param minLengthRatio shortest mean reply relative to the active checkpoint's
 * @param maxLengthRatio longest mean reply relative to the active checkpoint's
 * @param seed of items and bootstrap
 */
public record GateConfig(
    boolean enabled,
    double maxGradeDrop,
    double maxGradeDropFromOrigin,
    double maxCurriculumDrop,
    double maxCurriculumDropFromOrigin,
    int curriculumItems,
    double minLengthRatio,
    double maxLengthRatio,
    long seed) {
  public GateConfig {
    for (double drop :
        new double[] {
          maxGradeDrop, maxGradeDropFromOrigin, maxCurriculumDrop, maxCurriculumDropFromOrigin
        }) {
      if (!(drop >= 0)) {
        throw new IllegalArgumentException("allowed drops must not be negative, got " + drop);
      }
    }
    if (curriculumItems < 1) {
      throw new IllegalArgumentException(
          "curriculumItems must be positive, got " + curriculumItems);
    }
    if (!(minLengthRatio > 0 && minLengthRatio < 1 && maxLengthRatio > 1)) {
      throw new IllegalArgumentException(
          "length ratios must enclose 1, got " + minLengthRatio + " to " + maxLengthRatio);
    }
  }

  public static GateConfig defaults() {
    return new GateConfig(true, 0.3, 0.15, 0.02, 0.04, 600, 0.25, 2.5, 0);
  }
}
