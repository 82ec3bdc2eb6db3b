package dev.mneme.dpo.train;

import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.OptimizerConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.TrainableModel;
import dev.mneme.model.TrainingOptions;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;

/** A mixture-of-experts model of a few thousand weights that reads characters, and pairs for it. */
final class Tiny {
  private static final Scope SCOPE = new Scope("local", "ann", "mneme", "s1");
  private static final Instant AT = Instant.parse("2026-03-01T10:00:00Z");
  private static final int VOCABULARY = 64;

  /** Characters as tokens; the prompt weighs nothing. */
  static final ReplyEncoder CHARACTERS =
      (prompt, reply) -> {
        String before = "^" + prompt.getLast().content();
        String all = before + reply.getLast().content() + "$";
        return PackedBatch.Segment.from(
            before.length(), all.chars().map(c -> c % VOCABULARY).toArray());
      };

  private Tiny() {}

  /** Its shape, through a file as everywhere else. */
  static ModelConfig config(Path dir) {
    try {
      Files.writeString(
          dir.resolve("config.json"),
          """
          {"model_type": "deepseek_v3", "vocab_size": 64, "hidden_size": 32, "intermediate_size": 48,
           "moe_intermediate_size": 16, "num_hidden_layers": 2, "first_k_dense_replace": 1, "moe_layer_freq": 1,
           "num_attention_heads": 2, "num_key_value_heads": 2, "n_routed_experts": 4, "n_shared_experts": 1,
           "num_experts_per_tok": 2, "n_group": 1, "topk_group": 1, "topk_method": "noaux_tc",
           "scoring_func": "sigmoid", "norm_topk_prob": true, "routed_scaling_factor": 1.0, "q_lora_rank": null,
           "kv_lora_rank": 16, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 16, "hidden_act": "silu",
           "rms_norm_eps": 1e-6, "rope_theta": 10000, "max_position_embeddings": 128, "tie_word_embeddings": false}
          """);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return ModelConfig.read(dir);
  }

  /** One thread and exact products: the same numbers on every machine of one instruction set. */
  static TrainingOptions options() {
    return new TrainingOptions(TrainingOptions.defaults().exact().products(), 1);
  }

  static TrainableModel model(Path dir) {
    return TrainableModel.initialize(config(dir), 5, OptimizerConfig.adamW(), options());
  }

  /**
   * All weights, no clipping, no replay, no validation, no budget: what a test wants to see, it
   * sets.
   */
  static DpoConfig.Builder plain() {
    return DpoConfig.defaults().withRank(0).toBuilder()
        .rpoAlpha(0)
        .maxGradNorm(1e9)
        .warmupFraction(0)
        .maxTokens(128)
        .replayFraction(0)
        .replayWeight(0.5)
        .validationFraction(0)
        .patience(0)
        .klBudget(1e9)
        .checkpointEvery(0)
        .seed(3);
  }

  static DpoConfig config(int epochs, int perStep, int perMicroBatch, double rate) {
    return plain()
        .epochs(epochs)
        .pairsPerStep(perStep)
        .pairsPerMicroBatch(perMicroBatch)
        .learningRate(rate)
        .sftLearningRate(rate)
        .build();
  }

  static PreferencePair pair(String prompt, String chosen, String rejected, double weight) {
    return new PreferencePair(
        Hashes.sha256(prompt, chosen, rejected),
        SCOPE,
        PreferencePair.Origin.CHOICE,
        List.of(Message.user(prompt)),
        List.of(Message.assistant(chosen)),
        List.of(Message.assistant(rejected)),
        new PairWeight(1, 1, 1, 1, weight),
        AT,
        List.of());
  }

  static List<PreferencePair> somePairs(int n) {
    List<PreferencePair> pairs = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      pairs.add(pair("ask " + i, "short" + i % 7, "a longer reply " + i % 5, 1 + i % 3));
    }
    return pairs;
  }

  static RatedReply rated(String prompt, String reply, double satisfaction) {
    return new RatedReply(
        Hashes.sha256(prompt, reply),
        SCOPE,
        List.of(Message.user(prompt)),
        List.of(Message.assistant(reply)),
        satisfaction,
        1,
        1,
        AT,
        List.of());
  }

  static List<RatedReply> someReplies(int n) {
    List<RatedReply> replies = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      replies.add(rated("how " + i, "gladly " + i % 3, i % 4 == 3 ? 0.1 : 0.9));
    }
    return replies;
  }

  /** Earlier supervised data, every fifth to be held firmly. */
  static List<Rehearsal.Text> replay(int n) {
    List<Rehearsal.Text> texts = new ArrayList<>();
    for (int i = 0; i < n; i++) {
      texts.add(
          new Rehearsal.Text(
              CHARACTERS.encode(
                  List.of(Message.user("earlier " + i)),
                  List.of(Message.assistant("data " + i % 9))),
              i % 5 == 4));
    }
    return texts;
  }
}
