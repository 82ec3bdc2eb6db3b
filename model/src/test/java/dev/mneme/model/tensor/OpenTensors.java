package dev.mneme.model.tensor;

import dev.mneme.testsupport.OpenResources;

/** Counts ND4J buffers that are not freed yet, for {@code @NoLeaks} tests. */
public final class OpenTensors implements OpenResources {
  @Override
  public String kind() {
    return "tensors";
  }

  @Override
  public long open() {
    return TensorScope.liveAllocations();
  }
}
