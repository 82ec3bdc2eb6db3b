package dev.mneme.agent.sim;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.RecalledMemory;
import dev.mneme.agent.sim.CollectiveMemory.Shared;
import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

final class CollectiveMemoryTest {
  private final CollectiveMemory memory = new CollectiveMemory();

  private void share(int cell, String text) {
    var scope = new Scope("simulation", "c" + cell, "one", "s");
    Instant at = Instant.parse("2026-03-01T09:00:00Z").plusSeconds(cell);
    memory.publish(
        new Shared(
            new Turn(
                cell + text, scope, cell, "person " + cell, Message.user(text), at, null, null),
            cell,
            List.of()));
  }

  @Test
  void whatManySaidComesOnceSoThatThereIsRoomForSomethingElse() {
    for (int cell = 0; cell < 5; cell++) {
      share(cell, "The market is on Linden Square.");
    }
    share(5, "There is a fountain on the square.");
    assertThat(memory.recall("Where is the market square?", 3, 9))
        .extracting(RecalledMemory::text)
        .containsExactly("The market is on Linden Square.", "There is a fountain on the square.");
  }

  @Test
  void nobodyIsToldByTheOthersWhatOnlyTheySaid() {
    share(0, "The market is on Linden Square.");
    assertThat(memory.recall("Where is the market?", 3, 0)).isEmpty();
    share(1, "The market is on Linden Square.");
    RecalledMemory found = memory.recall("Where is the market?", 3, 0).getFirst();
    assertThat(found.speaker()).isEqualTo("person 1");
    assertThat(memory.of(found)).extracting(Shared::cell).isEqualTo(1);
  }
}
