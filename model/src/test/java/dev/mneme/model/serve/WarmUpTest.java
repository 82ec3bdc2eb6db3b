package dev.mneme.model.serve;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.model.serve.WarmUp.Calls;
import dev.mneme.model.tensor.TensorScope;
import dev.mneme.testsupport.NoLeaks;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@NoLeaks
@Timeout(60)
final class WarmUpTest {
  private static final long NOTHING_IS_SLOW = Long.MAX_VALUE;
  private static final long NOTHING_IS_FAST = 0;

  @Test
  void whatIsFastIsLeftAloneAndNobodyWaitsAfterwards() {
    var calls = new AtomicInteger();
    WarmUp warmUp = of(calls::incrementAndGet, NOTHING_IS_SLOW, 1_000);
    warmUp.run();
    int once = calls.get();
    warmUp.run();
    assertThat(calls).hasValue(once);
    warmUp.await();
  }

  @Test
  void whatNeverBecomesFastIsGivenUp() {
    var calls = new AtomicInteger();
    WarmUp warmUp = of(calls::incrementAndGet, NOTHING_IS_FAST, 7);
    warmUp.run();
    int seven = calls.get();
    var one = new AtomicInteger();
    of(one::incrementAndGet, NOTHING_IS_FAST, 1).run();
    assertThat(seven).isEqualTo(7 * one.get());
    warmUp.await();
  }

  @Test
  void promptsWaitWhileItRunsButNotForEver() throws InterruptedException {
    var began = new CountDownLatch(1);
    var mayEnd = new CountDownLatch(1);
    WarmUp warmUp =
        of(
            () -> {
              began.countDown();
              awaitQuietly(mayEnd);
            },
            NOTHING_IS_SLOW,
            1);
    Thread thread = Thread.ofPlatform().daemon().start(warmUp::run);
    assertThat(began.await(30, SECONDS)).isTrue();
    warmUp.await(); // comes back although the kernel does not
    warmUp.await();
    mayEnd.countDown();
    thread.join();
  }

  @Test
  void nobodyWaitsWhereNothingWasBegun() {
    of(() -> {}, NOTHING_IS_SLOW, 1).await();
  }

  @Test
  void theKernelsOfThisProcessBecomeReady() {
    // Tests run with jvm.options, so this is also a call of every kernel on what it is given.
    WarmUp.PROCESS.run();
    WarmUp.PROCESS.await();
  }

  private static WarmUp of(Runnable kernel, long fastNanos, int mostRounds) {
    return new WarmUp(
        (TensorScope scope) -> new Calls(List.of(kernel), List.of()), fastNanos, 0, mostRounds, 50);
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
