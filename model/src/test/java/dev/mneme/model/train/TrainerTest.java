package dev.mneme.model.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.TrainingExample;
import dev.mneme.model.Attention;
import dev.mneme.model.Family;
import dev.mneme.model.LanguageModel;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.Moe;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import dev.mneme.model.generate.Generation;
import dev.mneme.model.serve.Precision;
import dev.mneme.model.serve.Prefill;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.text.BpeTrainer;
import dev.mneme.model.text.ChatTemplate;
import dev.mneme.model.text.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Trains a tiny model in a few seconds, then serves it: the whole way from examples to replies. */
class TrainerTest {
  private static final InstantSource CLOCK = Clock.systemUTC();
  private static final String TEMPLATE =
      "{{ bos_token }}{% for m in messages %}{{ '<|' + m.role + '|>' + m.content + '<|end|>' }}"
          + "{% endfor %}{% if add_generation_prompt %}{{ '<|assistant|>' }}{% endif %}";
  private static final List<TrainingExample> EXAMPLES =
      List.of(
          example("colour of grass", "green as can be"),
          example("colour of snow", "white and cold"),
          example("colour of coal", "black"),
          example("colour of the sky", "blue, mostly blue"));

  @TempDir static Path dir;
  private static Path tokenizerFolder;
  private static Path served;

  private static TrainingExample example(String user, String reply) {
    return new TrainingExample(
        "test", List.of(Message.user(user), Message.assistant(reply)), List.of(), false);
  }

  @BeforeAll
  static void train() throws IOException {
    tokenizerFolder = dir.resolve("tokenizer");
    var bpe = new BpeTrainer();
    EXAMPLES.forEach(e -> e.messages().forEach(m -> bpe.add(m.content())));
    BpeTrainer.write(tokenizerFolder, bpe.train(320), TEMPLATE, 128);
    served = dir.resolve("served");
    Path checkpoint = run(dir.resolve("run"), config(150), 1_000_000).checkpoint();
    Export.bf16(checkpoint, served);
  }

  private static TrainingConfig config(long steps) {
    return new TrainingConfig(
        7,
        64,
        128,
        1e-2,
        new Schedule.WarmupStableDecay(5, 0.3, 0),
        steps,
        null,
        1,
        1,
        0.5,
        10,
        0,
        0);
  }

  private static ModelConfig shape(int vocabulary) {
    return new ModelConfig(
        Family.DEEPSEEK_V3,
        (vocabulary + 31) / 32 * 32,
        64,
        2,
        64,
        new Attention.Mla(2, null, 32, 16, 16, 32),
        new Moe(4, 2, 1, 32, 1, 1, Moe.Scoring.SIGMOID, true, true, 1, 1),
        10_000,
        null,
        1e-6,
        128,
        true,
        0,
        0.02,
        1,
        List.of(2));
  }

  /** Runs, or goes on with, a run until its end or the given number of steps in this process. */
  private static TrainingResult run(Path run, TrainingConfig config, int stepsNow) {
    try (Tokenizer tokenizer = Tokenizer.open(tokenizerFolder)) {
      ChatTemplate template = ChatTemplate.open(tokenizerFolder, tokenizer, CLOCK);
      Path from = Trainer.newestCheckpoint(run);
      var options = new TrainingOptions(DType.F32, 1);
      try (TrainableModel model =
          from == null
              ? TrainableModel.initialize(
                  shape(tokenizer.size()), 3, OptimizerConfig.muon(), options)
              : TrainableModel.load(from, OptimizerConfig.muon(), options)) {
        var trainer =
            new Trainer(
                model,
                template,
                tokenizerFolder,
                ExampleSource.ofList(EXAMPLES, 7),
                EXAMPLES,
                config,
                run,
                CLOCK);
        if (from != null) {
          trainer.resume(from);
        }
        var steps = new AtomicInteger();
        return trainer.run(_ -> steps.incrementAndGet(), () -> steps.get() >= stepsNow);
      }
    }
  }

  @Test
  void trainedModelSaysWhatItWasTaught() {
    try (LanguageModel model = open(4, 1000)) {
      for (TrainingExample each : EXAMPLES) {
        var pieces = new StringBuilder();
        Generation reply =
            model.generate(
                each.messages().subList(0, 1),
                List.of(),
                Sampling.greedy(40),
                pieces::append,
                () -> false);
        assertThat(reply.text()).isEqualTo(each.messages().getLast().content());
        assertThat(pieces).hasToString(reply.text());
        assertThat(reply.finish()).isEqualTo(Generation.Finish.STOP);
      }
    }
  }

  @Test
  void interruptedRunEndsWhereAnUninterruptedOneDoes() throws IOException {
    Path whole = dir.resolve("whole");
    run(whole, config(12), 1_000_000);
    Path parts = dir.resolve("parts");
    assertThat(run(parts, config(12), 5).end()).isEqualTo(TrainingResult.End.CANCELLED);
    TrainingResult resumed = run(parts, config(12), 1_000_000);
    assertThat(resumed.steps()).isEqualTo(12);
    assertThat(Files.readAllBytes(resumed.checkpoint().resolve("model.safetensors")))
        .isEqualTo(Files.readAllBytes(whole.resolve("step-00000012/model.safetensors")));
  }

  @Test
  void metricsAreALinePerStepAndLossFalls() throws IOException {
    List<String> lines = Files.readAllLines(dir.resolve("run/metrics.jsonl"));
    assertThat(lines).hasSize(150);
    double first = Json.mapper().readTree(lines.getFirst()).path("loss").asDouble();
    double last = Json.mapper().readTree(lines.getLast()).path("loss").asDouble();
    assertThat(last).isLessThan(first / 10);
    assertThat(Json.mapper().readTree(lines.get(9)).path("held_out_loss").asDouble()).isPositive();
    assertThat(dir.resolve("run")).isDirectoryNotContaining("glob:**/.partial");
  }

  @Test
  void sameSeedGivesTheSameReplyAloneAndInCompany() throws Exception {
    List<List<Message>> prompts = new ArrayList<>();
    for (int i = 0; i < 24; i++) {
      prompts.add(
          List.of(
              Message.system("rules of the house number one two three four five six"),
              Message.user(EXAMPLES.get(i % 4).messages().getFirst().content() + " " + i)));
    }
    List<String> alone = new ArrayList<>();
    try (LanguageModel model = open(1, 0)) {
      for (int i = 0; i < prompts.size(); i++) {
        alone.add(generate(model, prompts.get(i), i).text());
      }
    }
    try (LanguageModel model = open(8, 4000);
        var threads = Executors.newFixedThreadPool(12)) {
      List<Future<Generation>> company = new ArrayList<>();
      for (int i = 0; i < prompts.size(); i++) {
        int at = i;
        Callable<Generation> ask = () -> generate(model, prompts.get(at), at);
        company.add(threads.submit(ask));
      }
      int cached = 0;
      for (int i = 0; i < prompts.size(); i++) {
        Generation reply = company.get(i).get(5, TimeUnit.MINUTES);
        assertThat(reply.text()).as("request %d", i).isEqualTo(alone.get(i));
        cached += reply.cachedTokens();
      }
      assertThat(cached).as("the shared system prompt is computed once").isPositive();
    }
  }

  private static Generation generate(LanguageModel model, List<Message> messages, long seed) {
    return model.generate(
        messages,
        List.of(),
        new Sampling(1.2, 0, 0.98, 0, 1.1, seed, 24, List.of()),
        _ -> {},
        () -> false);
  }

  @Test
  void nextTurnReusesTheConversation() {
    try (LanguageModel model = open(2, 1000)) {
      var messages = new ArrayList<>(EXAMPLES.getFirst().messages().subList(0, 1));
      Generation first =
          model.generate(messages, List.of(), Sampling.greedy(40), _ -> {}, () -> false);
      assertThat(first.cachedTokens()).isZero();
      messages.add(Message.assistant(first.text()));
      messages.add(Message.user("colour of snow"));
      Generation second =
          model.generate(messages, List.of(), Sampling.greedy(40), _ -> {}, () -> false);
      // All of the first prompt and of the reply but its end, which was drawn and never fed.
      assertThat(second.cachedTokens()).isEqualTo(first.promptTokens() + first.replyTokens() - 1);
    }
  }

  @Test
  void limitsStopsAndCancellationEndAReply() {
    List<Message> ask = EXAMPLES.getFirst().messages().subList(0, 1);
    try (LanguageModel model = open(2, 0)) {
      Generation cut = model.generate(ask, List.of(), Sampling.greedy(2), _ -> {}, () -> false);
      assertThat(cut.finish()).isEqualTo(Generation.Finish.LENGTH);
      assertThat(cut.replyTokens()).isEqualTo(2);
      var stopAtAs = new Sampling(0, 0, 1, 0, 1, 0, 40, List.of(" as"));
      Generation stopped = model.generate(ask, List.of(), stopAtAs, _ -> {}, () -> false);
      assertThat(stopped.text()).isEqualTo("green");
      var seen = new AtomicInteger();
      Generation cancelled =
          model.generate(
              ask, List.of(), Sampling.greedy(40), _ -> {}, () -> seen.incrementAndGet() > 3);
      assertThat(cancelled.finish()).isEqualTo(Generation.Finish.CANCELLED);
      assertThat(EXAMPLES.getFirst().messages().getLast().content()).startsWith(cancelled.text());
      assertThatThrownBy(
              () ->
                  model.generate(
                      List.of(Message.user("word ".repeat(300))),
                      List.of(),
                      Sampling.greedy(1),
                      _ -> {},
                      () -> false))
          .isInstanceOf(IllegalArgumentException.class)
          .hasMessageContaining("the context 128");
    }
  }

  @Test
  void logProbsAndLikelihoodAgree() {
    List<Message> ask = EXAMPLES.get(1).messages().subList(0, 1);
    try (LanguageModel model = open(2, 0)) {
      Generation reply =
          model.generate(ask, List.of(), Sampling.greedy(40), true, _ -> {}, () -> false);
      assertThat(reply.logProbs()).hasSize(reply.replyTokens());
      double sum = reply.logProbs().stream().mapToDouble(Float::doubleValue).sum();
      assertThat(model.logLikelihood(ask, reply.text()))
          .isCloseTo(sum, org.assertj.core.api.Assertions.within(1e-3));
      assertThat(model.logLikelihood(ask, "purple"))
          .isLessThan(model.logLikelihood(ask, reply.text()));
    }
  }

  @Test
  void hashNamesTheContent() throws IOException {
    try (LanguageModel model = open(1, 0)) {
      assertThat(model.contentHash()).hasSize(64);
      assertThat(model.contextTokens()).isEqualTo(128);
      assertThat(model.embed("colour").meanHidden()).hasSize(64);
    }
    assertThat(Files.readString(served.resolve("generation_config.json"))).contains("eos_token_id");
  }

  @Test
  void missingFilesAreNamed() {
    Path nowhere = dir.resolve("nowhere");
    assertThatThrownBy(() -> LanguageModel.open(nowhere, options(1, 0)).close())
        .hasMessageContaining("nowhere");
  }

  private static LanguageModel.Options options(int maxBatch, int cache) {
    return new LanguageModel.Options(Precision.BF16, Prefill.INVARIANT, 1, maxBatch, cache, CLOCK);
  }

  @com.google.errorprone.annotations.MustBeClosed
  private static LanguageModel open(int maxBatch, int cache) {
    return LanguageModel.open(served, options(maxBatch, cache));
  }
}
