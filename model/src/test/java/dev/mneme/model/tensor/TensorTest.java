package dev.mneme.model.tensor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.testsupport.NoLeaks;
import org.junit.jupiter.api.Test;

final @NoLeaks class TensorTest {

  @Test
  void memoryIsThatOfTheNd4jArray() {
    try (TensorScope scope = new TensorScope()) {
      Tensor tensor = scope.zeros(DType.F32, 3, 4);
      tensor.array().putScalar(1, 2, 7.5);
      assertThat(tensor.get(6)).isEqualTo(7.5f);
      tensor.sliceRows(2, 3).set(1, -2f);
      assertThat(tensor.array().getFloat(2, 1)).isEqualTo(-2f);
      assertThat(tensor.address() % 64).isZero();
      Tensor half = scope.of(DType.BF16, new float[] {1, 2, 3}, 3);
      assertThat(half.array().getFloat(2)).isEqualTo(3f);
    }
  }

  @Test
  void closingAScopeFreesEverythingAndUseAfterwardsIsRefused() {
    long before = TensorScope.liveAllocations();
    long bytesBefore = TensorScope.liveBytes();
    Tensor kept;
    try (TensorScope scope = new TensorScope()) {
      kept = scope.zeros(DType.F32, 10);
      scope.zeros(DType.BF16, 100);
      assertThat(TensorScope.liveAllocations()).isEqualTo(before + 2);
      assertThat(scope.bytes()).isEqualTo(240);
    }
    assertThat(TensorScope.liveAllocations()).isEqualTo(before);
    assertThat(TensorScope.liveBytes()).isEqualTo(bytesBefore);
    assertThatThrownBy(() -> kept.get(0)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void slicesStayInside() {
    try (TensorScope scope = new TensorScope()) {
      Tensor tensor = scope.zeros(DType.F32, 3, 4);
      assertThatThrownBy(() -> tensor.slice(10, 3)).hasMessageContaining("does not fit");
    }
  }

  @Test
  void aWorkspaceReusesWhatWasReleasedAndHoldsNoMore() {
    try (Workspace workspace = new Workspace()) {
      workspace.take(DType.F32, 100);
      Workspace.Mark mark = workspace.mark();
      long first = workspace.take(DType.F32, 7, 9).address();
      workspace.release(mark);
      Tensor again = workspace.take(DType.F32, 5);
      assertThat(again.address()).isEqualTo(first);
      assertThat(again.address() % 64).isZero();
      workspace.take(DType.F32, 20_000_000);
      long held = workspace.heldBytes();
      workspace.reset();
      workspace.take(DType.F32, 100);
      workspace.take(DType.F32, 20_000_000);
      assertThat(workspace.heldBytes()).isEqualTo(held);
      assertThat(workspace.peakBytes()).isGreaterThanOrEqualTo(80_000_000);
    }
  }
}
