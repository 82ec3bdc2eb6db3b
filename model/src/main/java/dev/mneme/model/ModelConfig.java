package dev.mneme.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.ObjectNode;

/**
 * Everything that decides the shape and the arithmetic of a model: what a Hugging Face {@code
 * config.json} says, as a value. Immutable and thread-safe.
 *
 * @param family which row of {@link Family} wrote it
 * @param vocabSize rows of the embedding
 * @param hiddenSize width of the residual stream
 * @param layers decoder blocks
 * @param intermediateSize width of a dense SwiGLU
 * @param attention shape of every layer's attention
 * @param moe the mixture of experts, or null where every layer is dense
 * @param ropeTheta base of the rotary frequencies
 * @param ropeScaling how the frequencies are stretched, or null
 * @param rmsNormEps added to the mean square before the root
 * @param maxPositions longest context in tokens
 * @param tieWordEmbeddings whether the head is the embedding
 * @param mtpLayers multi-token prediction modules after the last block
 * @param initializerRange standard deviation of a fresh embedding
 * @param bosTokenId first token of a text, or null where the config names none
 * @param eosTokenIds tokens that end a reply; may be empty
 */
public record ModelConfig(
    Family family,
    int vocabSize,
    int hiddenSize,
    int layers,
    int intermediateSize,
    Attention attention,
    @Nullable Moe moe,
    double ropeTheta,
    @Nullable RopeScaling ropeScaling,
    double rmsNormEps,
    int maxPositions,
    boolean tieWordEmbeddings,
    int mtpLayers,
    double initializerRange,
    @Nullable Integer bosTokenId,
    List<Integer> eosTokenIds) {

  /** The name of the file in a checkpoint folder. */
  public static final String FILE = "config.json";

  public ModelConfig {
    Checks.positive("vocab_size", vocabSize);
    Checks.positive("hidden_size", hiddenSize);
    Checks.positive("num_hidden_layers", layers);
    Checks.positive("intermediate_size", intermediateSize);
    Checks.positive("max_position_embeddings", maxPositions);
    if (mtpLayers < 0) {
      throw new IllegalArgumentException(
          "num_nextn_predict_layers is " + mtpLayers + ", expected at least 0");
    }
    if (!(ropeTheta > 1) || !(rmsNormEps > 0)) {
      throw new IllegalArgumentException(
          "rope_theta is "
              + ropeTheta
              + " and rms_norm_eps "
              + rmsNormEps
              + ", expected more than 1 and more than 0");
    }
    eosTokenIds = List.copyOf(eosTokenIds);
  }

  /**
   * Reads {@code config.json} of a checkpoint folder.
   *
   * @throws CheckpointException naming file, key, found and expected
   */
  public static ModelConfig read(Path folder) {
    Path file = folder.resolve(FILE);
    try {
      return parse(file.toString(), Files.readString(file));
    } catch (NoSuchFileException e) {
      throw new CheckpointException(
          file + ": no such file, expected a checkpoint folder with a " + FILE, e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read (" + e + ")", e);
    }
  }

  /**
   * Parses the text of a {@code config.json}.
   *
   * @param file how messages name the source
   */
  public static ModelConfig parse(String file, String json) {
    JsonNode root;
    try {
      root = Json.mapper().reader(DeserializationFeature.FAIL_ON_TRAILING_TOKENS).readTree(json);
    } catch (JacksonException e) {
      throw new CheckpointException(
          file + ": not JSON (" + e.getOriginalMessage() + "), expected a model configuration", e);
    }
    if (root == null || !root.isObject()) {
      throw new CheckpointException(file + ": expected a JSON object, found " + root);
    }
    ConfigNode in = new ConfigNode(file, "", root);
    String type = in.text("model_type");
    Family family =
        Family.ofModelType(type)
            .orElseThrow(() -> in.error("model_type", type, "one of " + Family.modelTypes()));
    in.only("hidden_act", "silu");
    in.only("attention_bias", "false");
    try {
      ConfigCodec.FeedForward feedForward = family.codec().feedForward(in, family);
      return new ModelConfig(
          family,
          in.integer("vocab_size"),
          in.integer("hidden_size"),
          in.integer("num_hidden_layers"),
          in.integer("intermediate_size"),
          family.codec().attention(in),
          feedForward.moe(),
          ropeTheta(in),
          ropeScaling(in),
          in.number("rms_norm_eps", 1e-6),
          in.integer("max_position_embeddings", 2048),
          in.bool("tie_word_embeddings", false),
          feedForward.mtpLayers(),
          in.number("initializer_range", 0.02),
          in.integerOrNull("bos_token_id"),
          in.integers("eos_token_id"));
    } catch (IllegalArgumentException e) {
      throw in.invalid(e);
    }
  }

  private static double ropeTheta(ConfigNode in) {
    // Newer writers move theta into rope_parameters; both places mean the same.
    double fallback =
        in.has("rope_parameters") ? in.object("rope_parameters").number("rope_theta", 1e4) : 1e4;
    return in.number("rope_theta", fallback);
  }

  private static @Nullable RopeScaling ropeScaling(ConfigNode in) {
    String key = in.has("rope_scaling") ? "rope_scaling" : "rope_parameters";
    if (!in.has(key)) {
      return null;
    }
    ConfigNode s = in.object(key);
    String type = s.text("rope_type", s.text("type", "default"));
    return switch (type) {
      case "default" -> null;
      case "yarn" ->
          new RopeScaling.Yarn(
              s.number("factor"),
              s.integer(
                  "original_max_position_embeddings", in.integer("max_position_embeddings", 2048)),
              s.number("beta_fast", 32),
              s.number("beta_slow", 1),
              s.number("mscale", 1),
              s.number("mscale_all_dim", 0));
      case "llama3" ->
          new RopeScaling.Llama3(
              s.number("factor"),
              s.number("low_freq_factor"),
              s.number("high_freq_factor"),
              s.integer("original_max_position_embeddings"));
      default -> throw s.error("type", type, "yarn, llama3 or default");
    };
  }

  /**
   * The text of a {@code config.json} that {@link #parse} reads back as an equal value.
   *
   * @param dtype the value of {@code torch_dtype}, for example {@code float32}
   */
  public String toJson(String dtype) {
    ObjectNode out = Json.mapper().createObjectNode();
    out.putArray("architectures").add(family.architecture());
    out.put("model_type", family.modelType());
    out.put("vocab_size", vocabSize);
    out.put("hidden_size", hiddenSize);
    out.put("num_hidden_layers", layers);
    out.put("intermediate_size", intermediateSize);
    family.codec().write(this, out);
    out.put("hidden_act", "silu");
    out.put("attention_bias", false);
    out.put("rope_theta", ropeTheta);
    switch (ropeScaling) {
      case null -> out.putNull("rope_scaling");
      case RopeScaling.Yarn y -> {
        ObjectNode s = out.putObject("rope_scaling");
        s.put("type", "yarn");
        s.put("rope_type", "yarn");
        s.put("factor", y.factor());
        s.put("original_max_position_embeddings", y.originalMaxPositions());
        s.put("beta_fast", y.betaFast());
        s.put("beta_slow", y.betaSlow());
        s.put("mscale", y.mscale());
        s.put("mscale_all_dim", y.mscaleAllDim());
      }
      case RopeScaling.Llama3 l -> {
        ObjectNode s = out.putObject("rope_scaling");
        s.put("rope_type", "llama3");
        s.put("factor", l.factor());
        s.put("low_freq_factor", l.lowFreqFactor());
        s.put("high_freq_factor", l.highFreqFactor());
        s.put("original_max_position_embeddings", l.originalMaxPositions());
      }
    }
    out.put("rms_norm_eps", rmsNormEps);
    out.put("max_position_embeddings", maxPositions);
    out.put("tie_word_embeddings", tieWordEmbeddings);
    out.put("initializer_range", initializerRange);
    out.put("torch_dtype", dtype);
    if (bosTokenId != null) {
      out.put("bos_token_id", bosTokenId);
    }
    if (eosTokenIds.size() == 1) {
      out.put("eos_token_id", eosTokenIds.get(0));
    } else if (eosTokenIds.size() > 1) {
      eosTokenIds.forEach(out.putArray("eos_token_id")::add);
    }
    return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(out) + "\n";
  }

  /** The bytes of {@link #toJson}. */
  public byte[] toJsonBytes(String dtype) {
    return toJson(dtype).getBytes(UTF_8);
  }

  /** Rotary frequencies with this configuration's scaling. */
  public Rope rope() {
    return Rope.of(this);
  }

  /** Whether block {@code layer} routes to experts (prediction modules after the last one do). */
  public boolean isMoe(int layer) {
    return moe != null && layer >= moe.firstDense();
  }

  /** The tensors a checkpoint of this configuration holds, in writing order. */
  public List<TensorSpec> tensors() {
    List<TensorSpec> out = new ArrayList<>();
    out.add(TensorSpec.of("model.embed_tokens.weight", vocabSize, hiddenSize));
    for (int layer = 0; layer < layers; layer++) {
      block(out, layer);
    }
    out.add(TensorSpec.of("model.norm.weight", hiddenSize));
    if (!tieWordEmbeddings) {
      out.add(TensorSpec.of("lm_head.weight", vocabSize, hiddenSize));
    }
    return List.copyOf(out);
  }

  /**
   * The tensors of the multi-token prediction modules (numbered after the last block), beside their
   * own copies of embedding and head, which are the model's. A checkpoint may leave them out.
   */
  public List<TensorSpec> mtpTensors() {
    List<TensorSpec> out = new ArrayList<>();
    for (int layer = layers; layer < layers + mtpLayers; layer++) {
      String p = "model.layers." + layer + ".";
      out.add(TensorSpec.of(p + "enorm.weight", hiddenSize));
      out.add(TensorSpec.of(p + "hnorm.weight", hiddenSize));
      out.add(TensorSpec.of(p + "eh_proj.weight", hiddenSize, 2L * hiddenSize));
      block(out, layer);
      out.add(TensorSpec.of(p + "shared_head.norm.weight", hiddenSize));
    }
    return List.copyOf(out);
  }

  /** The same with that many multi-token prediction modules. */
  public ModelConfig withMtpLayers(int modules) {
    return new ModelConfig(
        family,
        vocabSize,
        hiddenSize,
        layers,
        intermediateSize,
        attention,
        moe,
        ropeTheta,
        ropeScaling,
        rmsNormEps,
        maxPositions,
        tieWordEmbeddings,
        modules,
        initializerRange,
        bosTokenId,
        eosTokenIds);
  }

  /** Whether a tensor belongs to a multi-token prediction module. */
  public boolean isPredictionTensor(String name) {
    for (int layer = layers; layer < layers + mtpLayers; layer++) {
      if (name.startsWith("model.layers." + layer + ".")) {
        return true;
      }
    }
    return false;
  }

  private void block(List<TensorSpec> out, int layer) {
    String p = "model.layers." + layer + ".";
    long d = hiddenSize;
    out.add(TensorSpec.of(p + "input_layernorm.weight", d));
    attention(out, p + "self_attn.", d);
    out.add(TensorSpec.of(p + "post_attention_layernorm.weight", d));
    if (moe == null || !isMoe(layer)) {
      swiGlu(out, p + "mlp.", d, intermediateSize);
      return;
    }
    out.add(TensorSpec.of(p + "mlp.gate.weight", moe.experts(), d));
    if (moe.correctionBias()) {
      out.add(TensorSpec.of(p + "mlp.gate.e_score_correction_bias", moe.experts()));
    }
    for (int e = 0; e < moe.experts(); e++) {
      swiGlu(out, p + "mlp.experts." + e + ".", d, moe.intermediateSize());
    }
    if (moe.sharedExperts() > 0) {
      swiGlu(out, p + "mlp.shared_experts.", d, moe.sharedIntermediateSize());
    }
  }

  private void attention(List<TensorSpec> out, String p, long d) {
    switch (attention) {
      case Attention.Mla a -> {
        long query = (long) a.heads() * a.queryHeadDim();
        Integer rank = a.qLoraRank();
        if (rank == null) {
          out.add(TensorSpec.of(p + "q_proj.weight", query, d));
        } else {
          out.add(TensorSpec.of(p + "q_a_proj.weight", rank, d));
          out.add(TensorSpec.of(p + "q_a_layernorm.weight", rank));
          out.add(TensorSpec.of(p + "q_b_proj.weight", query, rank));
        }
        long latent = a.kvLoraRank();
        out.add(TensorSpec.of(p + "kv_a_proj_with_mqa.weight", latent + a.qkRopeHeadDim(), d));
        out.add(TensorSpec.of(p + "kv_a_layernorm.weight", latent));
        out.add(
            TensorSpec.of(
                p + "kv_b_proj.weight",
                (long) a.heads() * (a.qkNopeHeadDim() + a.vHeadDim()),
                latent));
        out.add(TensorSpec.of(p + "o_proj.weight", d, (long) a.heads() * a.vHeadDim()));
      }
      case Attention.Gqa a -> {
        long dim = a.headDim();
        out.add(TensorSpec.of(p + "q_proj.weight", a.heads() * dim, d));
        out.add(TensorSpec.of(p + "k_proj.weight", a.kvHeads() * dim, d));
        out.add(TensorSpec.of(p + "v_proj.weight", a.kvHeads() * dim, d));
        if (a.qkNorm()) {
          out.add(TensorSpec.of(p + "q_norm.weight", dim));
          out.add(TensorSpec.of(p + "k_norm.weight", dim));
        }
        out.add(TensorSpec.of(p + "o_proj.weight", d, a.heads() * dim));
      }
    }
  }

  private static void swiGlu(List<TensorSpec> out, String p, long d, long width) {
    out.add(TensorSpec.of(p + "gate_proj.weight", width, d));
    out.add(TensorSpec.of(p + "up_proj.weight", width, d));
    out.add(TensorSpec.of(p + "down_proj.weight", d, width));
  }

  /** Parameters of the model, prediction modules apart. */
  public long parameterCount() {
    return tensors().stream().mapToLong(TensorSpec::count).sum();
  }

  /** Parameters that take part in one token: all but the experts it does not visit. */
  public long activeParameterCount() {
    if (moe == null) {
      return parameterCount();
    }
    long expert = 3L * hiddenSize * moe.intermediateSize();
    long idle =
        (long) Math.max(0, layers - moe.firstDense()) * (moe.experts() - moe.expertsPerToken());
    return parameterCount() - idle * expert;
  }
}
