package dev.mneme.cli.evolve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mneme.cli.Home;
import dev.mneme.cli.Workbench;
import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.Scope;
import dev.mneme.data.StarterCheckpoint;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.cycle.PromotionGate.Check;
import dev.mneme.dpo.cycle.PromotionGate.Verdict;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What the gate says of the starter and of the same weights with some of them lost. */
final class PairedPromotionGateTest {
  private static final Set<String> FROM_ORIGIN =
      Set.of(
          "ours_from_origin",
          "curriculum_from_origin",
          "abstention_from_origin",
          "safety_from_origin");

  @TempDir static Path dir;
  private static Path whole = Path.of("");
  private static Path worn = Path.of("");
  private static @Nullable Workbench bench;
  private static final List<String> progress = new ArrayList<>();

  @BeforeAll
  static void unpack() throws IOException {
    assumeTrue(StarterCheckpoint.isPresent(), "this build carries no starter checkpoint");
    whole = Files.createDirectory(dir.resolve("whole"));
    worn = Files.createDirectory(dir.resolve("worn"));
    StarterCheckpoint.copyTo(whole);
    StarterCheckpoint.copyTo(worn);
    Path weights = worn.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    wearOut(bytes);
    Files.write(weights, bytes);
    bench =
        Workbench.at(new Home(dir.resolve("home")), MnemeConfig.defaults(), InstantSource.system());
  }

  @AfterAll
  static void close() {
    if (bench != null) {
      bench.close();
    }
  }

  /** Every tenth weight becomes zero. */
  private static void wearOut(byte[] safetensors) {
    int header = (int) ByteBuffer.wrap(safetensors).order(ByteOrder.LITTLE_ENDIAN).getLong(0);
    for (int i = 8 + header; i + 1 < safetensors.length; i += 20) {
      Arrays.fill(safetensors, i, i + 2, (byte) 0);
    }
  }

  private static Verdict judge(Path candidate, Path active, @Nullable Path origin) {
    Workbench open = Optional.ofNullable(bench).orElseThrow();
    GateConfig usual = GateConfig.defaults();
    var few =
        new GateConfig(
            true,
            usual.maxGradeDrop(),
            usual.maxGradeDropFromOrigin(),
            usual.maxCurriculumDrop(),
            usual.maxCurriculumDropFromOrigin(),
            25,
            usual.minLengthRatio(),
            usual.maxLengthRatio(),
            usual.seed());
    var heldOut =
        List.of(
            new PreferencePair(
                "pair",
                new Scope("local", "ann", "mneme", "s"),
                PreferencePair.Origin.CHOICE,
                List.of(Message.user("Hello.")),
                List.of(Message.assistant("Hello!")),
                List.of(Message.assistant("No.")),
                new PairWeight(1, 1, 1, 1, 1),
                Instant.EPOCH,
                List.of()));
    return new PairedPromotionGate(
            open.models(),
            Evolution.evaluations(open.home()),
            Curriculum.load(),
            few,
            progress::add)
        .judge(candidate, active, origin, heldOut);
  }

  private static Check named(Verdict verdict, String name) {
    return verdict.checks().stream()
        .filter(each -> each.name().equals(name))
        .findFirst()
        .orElseThrow();
  }

  @Test
  void whatTheActiveOneLostLongAgoIsHeldAgainstACandidateThatLosesNothingMore() {
    Verdict verdict = judge(worn, worn, whole);
    assertThat(named(verdict, "ours").passed()).isTrue();
    assertThat(named(verdict, "curriculum").passed()).isTrue();
    assertThat(verdict.checks())
        .filteredOn(each -> FROM_ORIGIN.contains(each.name()))
        .hasSize(4)
        .allSatisfy(each -> assertThat(each.gain()).isFalse());
    for (String name : List.of("ours_from_origin", "curriculum_from_origin")) {
      assertThat(named(verdict, name).passed()).as(name).isFalse();
      assertThat(named(verdict, name).candidate()).isLessThan(named(verdict, name).active());
    }
  }

  @Test
  void aCandidateThatIsAsTheOriginWasHolds() {
    Verdict verdict = judge(whole, worn, whole);
    assertThat(verdict.checks())
        .filteredOn(each -> FROM_ORIGIN.contains(each.name()))
        .allSatisfy(each -> assertThat(each.candidate()).isEqualTo(each.active()));
    assertThat(named(verdict, "ours").candidate()).isGreaterThan(named(verdict, "ours").active());
  }

  @Test
  void aRequestIsAskedOnceHoweverOftenItIsDrawn() {
    List<TrainingExample> drawn =
        PairedPromotionGate.draw(Curriculum.load().examples(1, true, Replay.SAFETY), 200);
    List<String> requests = drawn.stream().map(PairedPromotionGate::request).toList();
    assertThat(requests).doesNotHaveDuplicates().hasSizeBetween(20, 150);
  }

  @Test
  void whereTheOriginIsNotKnownTheGateSaysSo() {
    progress.clear();
    Verdict verdict = judge(whole, whole, null);
    assertThat(verdict.checks()).extracting(Check::name).doesNotContainAnyElementsOf(FROM_ORIGIN);
    assertThat(progress).anyMatch(line -> line.contains("was pruned"));
  }
}
