package dev.mneme.cli.evolve;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.ltm.MemoryStoreException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

final class WatchTest {
  private final List<TrainingSet> cycles = new ArrayList<>();
  private final List<String> said = new ArrayList<>();
  private TrainingSet plan = pairs(0, 0);
  private boolean idle = true;
  private boolean held;

  private final Watch watch = watching(Set.of());

  private Watch watching(Set<String> trained) {
    return new Watch(
        4,
        trained,
        () -> {
          if (held) {
            throw new MemoryStoreException.InUse("the memory is in use by a chat");
          }
          return plan;
        },
        cycles::add,
        () -> idle,
        said::add);
  }

  /** Pairs that are called by their number. */
  private static TrainingSet pairs(int from, int to) {
    List<PreferencePair> pairs =
        IntStream.range(from, to)
            .mapToObj(
                i ->
                    new PreferencePair(
                        "pair " + i,
                        new Scope("local", "ann", "mneme", "s1"),
                        PreferencePair.Origin.CHOICE,
                        List.of(Message.user("Hello?")),
                        List.of(Message.assistant("Good day.")),
                        List.of(Message.assistant("Hi.")),
                        PairWeight.ONE,
                        Instant.parse("2026-03-01T10:00:00Z"),
                        List.of()))
            .toList();
    return new TrainingSet(to, pairs, List.of(), List.of(), Map.of());
  }

  @Test
  void enoughNewPairsBeginACycleOnThePlanTheyWereCountedIn() {
    plan = pairs(0, 3);
    watch.look();
    assertThat(cycles).isEmpty();

    plan = pairs(0, 4);
    watch.look();
    assertThat(cycles).containsExactly(plan);
    assertThat(said).isEmpty();
  }

  @Test
  void whatWasTrainedOnIsNotNew() {
    plan = pairs(0, 4);
    watch.look();
    watch.look();
    plan = pairs(0, 7);
    watch.look();
    assertThat(cycles).as("three are new since the first cycle").hasSize(1);

    plan = pairs(4, 8);
    watch.look();
    assertThat(cycles).as("four are, though there are no more than at first").hasSize(2);
  }

  @Test
  void whatAnEarlierProgramTrainedOnIsNotNewEither() {
    plan = pairs(0, 4);
    watching(Set.of("pair 0")).look();
    assertThat(cycles).isEmpty();
  }

  @Test
  void aBusyMachineIsLeftAloneAndThatIsSaidOnce() {
    plan = pairs(0, 4);
    idle = false;
    watch.look();
    watch.look();
    assertThat(cycles).isEmpty();
    assertThat(said).containsExactly("enough to learn from; waiting until the machine is idle");

    idle = true;
    watch.look();
    assertThat(cycles).hasSize(1);
  }

  @Test
  void aMemoryThatIsInUseIsLookedAtAgainAndThatIsSaidOnce() {
    plan = pairs(0, 4);
    held = true;
    watch.look();
    watch.look();
    assertThat(said).containsExactly("the memory is in use by a chat; looking again later");

    held = false;
    watch.look();
    assertThat(cycles).hasSize(1);

    held = true;
    watch.look();
    assertThat(said).as("said again when it is in use again").hasSize(2);
  }
}
