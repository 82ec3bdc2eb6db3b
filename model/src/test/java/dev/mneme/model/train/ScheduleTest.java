package dev.mneme.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Message;
import dev.mneme.data.TrainingExample;
import java.util.HashSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class ScheduleTest {
  @Test
  void warmupStableDecayHasThreeParts() {
    var wsd = new Schedule.WarmupStableDecay(10, 0.2, 0);
    assertThat(wsd.factor(0, 0)).isCloseTo(0.1, within(1e-12));
    assertThat(wsd.factor(9, 0.01)).isEqualTo(1);
    assertThat(wsd.factor(500, 0.8)).isCloseTo(1, within(1e-12));
    assertThat(wsd.factor(500, 0.9)).isCloseTo(0.5, within(1e-12));
    assertThat(wsd.factor(500, 1)).isZero();
  }

  @Test
  void cosineRunsFromPeakToFloor() {
    var cosine = new Schedule.Cosine(0, 0.1);
    assertThat(cosine.factor(0, 0)).isEqualTo(1);
    assertThat(cosine.factor(0, 0.5)).isCloseTo(0.55, within(1e-12));
    assertThat(cosine.factor(0, 1)).isCloseTo(0.1, within(1e-12));
  }

  @Test
  void listAsAStreamShowsEachExampleOncePerPass() {
    List<TrainingExample> all =
        IntStream.range(0, 17)
            .mapToObj(
                i ->
                    new TrainingExample("s" + i, List.of(Message.assistant("x")), List.of(), false))
            .toList();
    ExampleSource source = ExampleSource.ofList(all, 5);
    for (int pass = 0; pass < 3; pass++) {
      var seen = new HashSet<String>();
      for (int i = 0; i < 17; i++) {
        seen.add(source.example(pass * 17L + i).skill());
      }
      assertThat(seen).hasSize(17);
    }
    String early = source.example(3).skill();
    source.example(40);
    assertThat(source.example(3).skill()).isEqualTo(early);
    assertThatThrownBy(() -> ExampleSource.ofList(List.of(), 1))
        .isInstanceOf(IllegalArgumentException.class);
  }
}
