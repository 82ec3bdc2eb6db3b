package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.assistant;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Scope;
import dev.mneme.data.Signal;
import java.nio.file.Path;
import java.time.Clock;
import java.time.ZoneOffset;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class MemoryStoreTest {
  @TempDir Path home;

  private MemoryStoreConfig config() {
    return MemoryStoreConfig.at(home, Clock.fixed(Turns.NOON, ZoneOffset.UTC));
  }

  private void openAndClose() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.currentSequence();
    }
  }

  @Test
  void whatWasSaidIsFoundAgain() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(
          user(ANN, 0, "My dog is called Biscuit."),
          assistant(ANN, 1, "What a lovely name!"),
          user(ANN, 2, "Tomorrow I fly to Lisbon."));

      List<Recalled> found = memory.recall(MemoryQuery.of(ANN, "What is my dog called?", 1));

      assertThat(found).extracting(Recalled::text).containsExactly("My dog is called Biscuit.");
      assertThat(found.getFirst().breakdown()).isNotEmpty();
    }
  }

  @Test
  void memorySurvivesClosing() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "My dog is called Biscuit."));
    }
    try (MemoryStore memory = MemoryStore.open(config())) {
      assertThat(memory.currentSequence()).isPositive();
      assertThat(memory.recall(MemoryQuery.of(ANN, "dog", 5))).hasSize(1);
      assertThat(memory.session(ANN).turns())
          .containsExactly(user(ANN, 0, "My dog is called Biscuit."));
    }
  }

  @Test
  void forgottenMemoryIsNeverRecalled() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(
          user(ANN, 0, "My dog is called Biscuit."), user(ANN, 1, "The weather is fine."));
      memory.forget(Owner.of(ANN), List.of("monday-0"), "asked to");

      assertThat(memory.recall(MemoryQuery.of(ANN, "Biscuit", 5))).isEmpty();
      assertThat(memory.session(ANN).turns()).hasSize(1);

      memory.restore(Owner.of(ANN), List.of("monday-0"));

      assertThat(memory.recall(MemoryQuery.of(ANN, "Biscuit", 1)))
          .extracting(Recalled::id)
          .containsExactly("monday-0");
    }
  }

  @Test
  void sameTurnTwiceIsStoredOnce() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "Hello there, friend."));
      Receipt again = memory.remember(user(ANN, 0, "Hello there, friend."));

      assertThat(again.alreadyStored()).isEqualTo(1);
      assertThat(memory.session(ANN).turns()).hasSize(1);
      assertThatThrownBy(() -> memory.remember(user(ANN, 0, "Something else.")))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("already stored with other words");
    }
  }

  @Test
  void signalsAndTurnsStreamFromASequence() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      Receipt first = memory.remember(user(ANN, 0, "One."), assistant(ANN, 1, "Two."));
      memory.recordSignal(ANN, new Signal.Thumb("monday-1", Turns.NOON, true, null));
      memory.remember(user(ANN, 2, "Three."));

      assertThat(memory.turns(new Selection.One(Owner.of(ANN)), 0)).hasSize(3);
      assertThat(memory.turns(new Selection.Everything(), first.sequence()))
          .extracting(stored -> stored.value().id())
          .containsExactly("monday-2");
      assertThat(memory.signals(new Selection.Tenant("acme"), 0))
          .extracting(stored -> stored.value().signal().turnId())
          .containsExactly("monday-1");
    }
  }

  @Test
  void nobodySeesAnothersMemory() {
    Scope bob = new Scope("acme", "bob", "helper", "monday");
    Scope other = new Scope("rival", "ann", "helper", "monday");
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "My dog is called Biscuit."));
      memory.remember(user(bob, 0, "I have no pets."));

      assertThat(memory.recall(MemoryQuery.of(bob, "Biscuit dog", 5))).isEmpty();
      assertThat(memory.recall(MemoryQuery.of(other, "Biscuit dog", 5))).isEmpty();
      assertThat(memory.turn(Owner.of(bob), "monday-0"))
          .get()
          .extracting(turn -> turn.message().content())
          .isEqualTo("I have no pets.");
    }
  }

  @Test
  void aSecondOpenIsToldWhoHoldsTheHome() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      assertThatThrownBy(this::openAndClose)
          .isInstanceOf(MemoryStoreException.InUse.class)
          .hasMessageContaining("in use by process " + ProcessHandle.current().pid());
      assertThat(memory.currentSequence()).isZero();
    }
  }

  @Test
  void sessionsAreListedLatestFirst() {
    try (MemoryStore memory = MemoryStore.open(config())) {
      memory.remember(user(ANN, 0, "On Monday."), assistant(ANN, 1, "Yes."));
      memory.remember(user(ANN.withSession("tuesday"), 0, "On Tuesday."));

      assertThat(memory.sessions(Owner.of(ANN)))
          .extracting(each -> each.scope().session() + ":" + each.turns() + ":" + each.opening())
          .containsExactly("tuesday:1:On Tuesday.", "monday:2:On Monday.");
    }
  }
}
