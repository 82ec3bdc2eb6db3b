package dev.mneme.model.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A checkpoint part of the way from one to another, weight by weight: {@code from + share * (to -
 * from)}. After a short training what was learnt stays for the greater part of the way back, while
 * what was forgotten returns sooner (Wortsman et al. 2022, "Robust fine-tuning of zero-shot
 * models", arXiv 2109.01903, section 3).
 */
public final class CheckpointBlend {
  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private CheckpointBlend() {}

  /**
   * Writes {@code config.json} and weights in F32; other files are the caller's.
   *
   * @param share from 0 (all of {@code from}) to 1 (all of {@code to})
   * @throws CheckpointException when one cannot be read, when their tensors differ in name or
   *     shape, or when the disk fails
   */
  public static void write(Path from, Path to, double share, Path out) {
    if (!(share >= 0 && share <= 1)) {
      throw new IllegalArgumentException("expected a share from 0 to 1, got " + share);
    }
    try (CheckpointReader start = CheckpointReader.open(from);
        CheckpointReader end = CheckpointReader.open(to);
        Arena arena = Arena.ofConfined()) {
      List<TensorSource> blended = new ArrayList<>();
      for (String name : end.names()) {
        TensorView a = start.find(name);
        TensorView b = end.tensor(name);
        if (a == null || !a.shape().equals(b.shape())) {
          throw new CheckpointException(
              "cannot go part of the way from "
                  + from
                  + " to "
                  + to
                  + ": the tensor "
                  + name
                  + " has the shape "
                  + b.shape()
                  + " in the second and "
                  + (a == null ? "is missing" : a.shape())
                  + " in the first");
        }
        blended.add(TensorSource.floats(name, b.shape(), blend(a, b, share, arena), DType.F32));
      }
      CheckpointWriter.write(out, end.config(), blended);
    }
  }

  private static MemorySegment blend(TensorView a, TensorView b, double share, Arena arena) {
    float[] blended = blend(a.toFloats(), b.toFloats(), share);
    MemorySegment out = arena.allocate(4L * blended.length, 64);
    MemorySegment.copy(blended, 0, out, FLOAT, 0, blended.length);
    return out;
  }

  /** The same for weights at hand: {@code from + share * (to - from)}, in a new array. */
  public static float[] blend(float[] from, float[] to, double share) {
    float[] out = new float[to.length];
    float s = (float) share;
    for (int i = 0; i < out.length; i++) {
      // Exactly the end at the end: from + (to - from) need not be.
      out[i] = s == 1 ? to[i] : from[i] + s * (to[i] - from[i]);
    }
    return out;
  }
}
