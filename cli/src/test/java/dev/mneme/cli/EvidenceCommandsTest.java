package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Hashes;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import dev.mneme.data.TrainingExample;
import dev.mneme.dpo.cycle.EvolutionCycle;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.train.DpoConfig;
import dev.mneme.dpo.train.ModelCandidateTrainer;
import dev.mneme.dpo.train.ReplaySource;
import dev.mneme.model.TrainingOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

/** Training commands and the questions about where weights come from, on the bundled checkpoint. */
class EvidenceCommandsTest {
  private static final Scope SCOPE = new Scope("local", "ann", "mneme", "s1");
  private static final Instant AT = Instant.parse("2026-03-01T10:00:00Z");

  @TempDir Path dir;
  private final Commands mneme = Commands.at(() -> dir.resolve("home"));
  private CheckpointRegistry registry;
  private CheckpointManifest origin;

  @BeforeEach
  void installTheBundledCheckpoint() {
    registry = Commands.withBundledCheckpoint(dir.resolve("home"));
    origin = registry.active().orElseThrow();
  }

  private static PreferencePair pair(String prompt, String chosen, String rejected) {
    return new PreferencePair(
        Hashes.sha256(prompt, chosen, rejected),
        SCOPE,
        PreferencePair.Origin.CHOICE,
        List.of(Message.user(prompt)),
        List.of(Message.assistant(chosen)),
        List.of(Message.assistant(rejected)),
        PairWeight.ONE,
        AT,
        List.of());
  }

  private static List<PreferencePair> pairs() {
    List<PreferencePair> pairs = new ArrayList<>();
    for (String city : List.of("Rome", "Oslo", "Lima", "Cairo", "Tokyo", "Quito", "Delhi")) {
      pairs.add(pair("Tell me of " + city + ".", city + " is a city.", "I do not know " + city));
    }
    pairs.add(pair("Which way?", "North, past the mill.", "South, along the river."));
    return pairs;
  }

  private Path file(String name, List<?> records) {
    Path file = dir.resolve(name);
    JsonLines.write(file, records);
    return file;
  }

  private CheckpointManifest train(DpoConfig config) {
    var trainer =
        new ModelCandidateTrainer(
            config,
            TrainingOptions.defaults(),
            null,
            null,
            InstantSource.system(),
            System::nanoTime);
    var set = new TrainingSet(5, pairs(), List.of(), List.of(), Map.of());
    Path folder = registry.newCandidateFolder();
    trainer.train(registry.folder(origin), registry.folder(origin), set, folder, step -> {});
    Map<String, Object> how = new LinkedHashMap<>(trainer.config());
    how.put(EvolutionCycle.STEP, 1.0);
    how.put(EvolutionCycle.HELD_TO, origin.id());
    return registry.register(
        folder, "trained", origin.id(), CheckpointManifest.Kind.CYCLE, how, set.provenance());
  }

  @Test
  void aReplayedExampleLongerThanTheContextIsPassedOver() throws IOException {
    var longest =
        new TrainingExample(
            "long", conversation("word ".repeat(20_000)), List.of(), false, List.of());
    var usual =
        new TrainingExample("usual", conversation("Any question?"), List.of(), false, List.of());
    var trainer =
        new ModelCandidateTrainer(
            DpoConfig.defaults().toBuilder()
                .epochs(1)
                .sftEpochs(0)
                .replayFraction(1)
                .replayWeight(1)
                .build(),
            TrainingOptions.defaults(),
            _ ->
                Stream.iterate(0, i -> i + 1)
                    .map(
                        i ->
                            new ReplaySource.Earlier(
                                i % 2 == 0 ? longest : usual, ReplaySource.Hold.WHOLE))
                    .iterator(),
            null,
            InstantSource.system(),
            System::nanoTime);
    Path folder = Files.createDirectory(dir.resolve("candidate"));
    var set = new TrainingSet(5, pairs(), List.of(), List.of(), Map.of());
    trainer.train(registry.folder(origin), registry.folder(origin), set, folder, step -> {});
    assertThat(folder.resolve("model.safetensors")).exists();
  }

  @Test
  void aLaterTrainingIsHeldToWhatTheFirstBeganWith() throws IOException {
    DpoConfig once =
        DpoConfig.defaults().toBuilder()
            .epochs(1)
            .sftEpochs(0)
            .replayFraction(1)
            .replayWeight(50)
            .build();
    CheckpointManifest child = train(once.toBuilder().epochs(4).replayFraction(0).build());
    List<Path> asked = new ArrayList<>();
    var trainer =
        new ModelCandidateTrainer(
            once,
            TrainingOptions.defaults(),
            heldTo -> {
              asked.add(heldTo);
              return Stream.generate(
                      () ->
                          new ReplaySource.Earlier(
                              new TrainingExample(
                                  "usual", conversation("Any question?"), List.of(), false),
                              ReplaySource.Hold.WHOLE))
                  .iterator();
            },
            null,
            InstantSource.system(),
            System::nanoTime);
    var set = new TrainingSet(5, pairs(), List.of(), List.of(), Map.of());
    List<byte[]> made = new ArrayList<>();
    for (CheckpointManifest held : List.of(origin, child)) {
      Path folder = Files.createDirectory(dir.resolve("held-to-" + held.name()));
      trainer.train(registry.folder(child), registry.folder(held), set, folder, step -> {});
      made.add(Files.readAllBytes(folder.resolve("model.safetensors")));
    }
    assertThat(asked).containsExactly(registry.folder(origin), registry.folder(child));
    assertThat(made.getFirst()).isNotEqualTo(made.getLast());
  }

  private static List<Message> conversation(String request) {
    return List.of(Message.user(request), Message.assistant("An answer."));
  }

  @Test
  void blameNamesThePlantedPairAndDiffSaysWhatMoved() {
    CheckpointManifest trained =
        train(
            DpoConfig.defaults().toBuilder()
                .epochs(4)
                .learningRate(1e-4)
                .pairsPerStep(4)
                .replayFraction(0)
                .warmupFraction(0.5) // Adam's first step is as large whoever takes it
                .build());
    Path file = file("pairs.jsonl", pairs());
    assertThat(
            mneme.run(
                "models",
                "blame",
                trained.id(),
                "--pairs",
                file.toString(),
                "--prompt",
                "Which way?",
                "--reply",
                "North, past the mill.",
                "--json"))
        .isEqualTo(ExitCodes.OK);
    // Others may have pulled it down as far: the evidence is in order of how much, either way.
    JsonNode most =
        mneme
            .json()
            .get("evidence")
            .valueStream()
            .max(Comparator.comparingDouble(each -> each.get("change").asDouble()))
            .orElseThrow();
    assertThat(most.get("id").asString()).isEqualTo(pairs().getLast().id());
    assertThat(most.get("change").asDouble()).isPositive();
    assertThat(mneme.json().get("reproduced").asBoolean()).isTrue();
    assertThat(mneme.json().get("logp_after").asDouble())
        .isGreaterThan(mneme.json().get("logp_before").asDouble());

    assertThat(mneme.run("models", "diff", origin.id(), trained.id(), "--json"))
        .isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("data").get("onlyInB").asInt()).isEqualTo(pairs().size());
    assertThat(mneme.json().get("descent").asString()).contains("B descends from A");
    assertThat(mneme.json().get("weights").get("parts").size()).isGreaterThan(4);
    assertThat(mneme.run("models", "diff", origin.id(), trained.id())).isEqualTo(ExitCodes.OK);
    assertThat(mneme.out()).contains("attention", "Configuration:", "moved most");
  }

  @Test
  void evidenceThatIsGoneIsASentence() {
    CheckpointManifest trained = train(DpoConfig.defaults().toBuilder().epochs(1).build());
    assertThat(mneme.run("models", "blame", trained.id(), "--prompt", "Which way?"))
        .isEqualTo(ExitCodes.FAILURE);
    assertThat(mneme.err()).contains("none of the 8 pairs", "--pairs").doesNotContain("\tat ");
    assertThat(mneme.run("models", "blame", origin.id(), "--prompt", "x"))
        .isEqualTo(ExitCodes.FAILURE);
    assertThat(mneme.err()).contains("not trained here");
  }

  @Test
  void whatCannotBeLearntFromIsCountedAndNoModelIsMade() throws IOException {
    List<String> lines = new ArrayList<>();
    lines.add(JsonLines.line(pair("a", "same", "same")).strip());
    lines.add(JsonLines.line(pair("b", "", "no")).strip());
    lines.add(JsonLines.line(pair("c", "yes<|end|>", "no")).strip());
    lines.add(JsonLines.line(pair("d", "yes", "no ".repeat(2_000))).strip());
    String good = JsonLines.line(pair("e", "yes", "no")).strip();
    lines.add(good.replace("\"total\":1.0", "\"total\":-1.0"));
    lines.add(good.replace("\"total\":1.0", "\"total\":\"NaN\""));
    lines.add(good.replace("\"total\":1.0", "\"total\":NaN"));
    lines.add(good.replace("\"total\":1.0", "\"total\":0.0"));
    lines.add(JsonLines.line(pair("f", "yes", "no")).strip());
    lines.add(JsonLines.line(pair("f", "no", "yes")).strip());
    Path file = dir.resolve("bad.jsonl");
    Files.write(file, lines);
    Path made = dir.resolve("made");
    assertThat(
            mneme.run(
                "train",
                "dpo",
                "--pairs",
                file.toString(),
                "--model",
                registry.folder(origin).toString(),
                "--out",
                made.toString()))
        .isEqualTo(ExitCodes.NOTHING_TO_LEARN);
    assertThat(mneme.err())
        .contains(
            "chosen equals rejected=1",
            "empty reply=1",
            "special token",
            "longer than 1024 tokens=1",
            "weight is negative or not a finite number=3",
            "weight is zero=1",
            "contradicted by another pair of at least its weight=2");
    assertThat(made).doesNotExist();
  }

  @Test
  void aLowRankKtoRunWritesAMergedCheckpointAndAnAdapter() {
    Path made = dir.resolve("made");
    assertThat(
            mneme.run(
                "--set",
                "training.epochs=1",
                "--set",
                "training.minSteps=0",
                "train",
                "dpo",
                "--pairs",
                file("pairs.jsonl", pairs()).toString(),
                "--model",
                registry.folder(origin).toString(),
                "--out",
                made.toString(),
                "--loss",
                "kto",
                "--lora-rank",
                "4",
                "--no-replay",
                "--json"))
        .isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("steps").asInt()).isEqualTo(1);
    assertThat(made.resolve("model.safetensors")).exists();
    assertThat(made.resolve("adapter/adapter_config.json")).exists();
    assertThat(made.resolve(".state")).doesNotExist();
    assertThat(made.resolve("metrics.jsonl")).exists();
  }

  @Test
  void anUnknownLossIsAnsweredWithTheKnownOnes() {
    assertThat(
            mneme.run(
                "train",
                "dpo",
                "--pairs",
                file("pairs.jsonl", pairs()).toString(),
                "--model",
                registry.folder(origin).toString(),
                "--out",
                dir.resolve("made").toString(),
                "--loss",
                "ppo"))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("unknown loss ppo", "simpo", "kto");
  }

  @Test
  void satisfyingRepliesAreImitated() {
    var replies =
        List.of(
            new RatedReply(
                "r1",
                SCOPE,
                List.of(Message.user("How are things?")),
                List.of(Message.assistant("Splendid, thank you.")),
                0.95,
                1,
                1,
                AT,
                List.of()));
    Path made = dir.resolve("made");
    assertThat(
            mneme.run(
                "--set",
                "training.sftEpochs=3",
                "train",
                "sft",
                registry.folder(origin).toString(),
                "--replies",
                file("replies.jsonl", replies).toString(),
                "--pairs",
                file("pairs.jsonl", pairs()).toString(),
                "--out",
                made.toString(),
                "--json"))
        .isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("replies").asInt()).isEqualTo(9);
    assertThat(mneme.json().get("loss_after").asDouble())
        .isLessThan(mneme.json().get("loss_before").asDouble());
    assertThat(made.resolve("tokenizer.json")).exists();
  }
}
