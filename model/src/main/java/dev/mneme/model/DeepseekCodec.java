package dev.mneme.model;

import tools.jackson.databind.node.ObjectNode;

/** Keys of {@code deepseek_v2} and {@code deepseek_v3}: latent attention, mixture of experts. */
final class DeepseekCodec implements ConfigCodec {
  @Override
  public Attention attention(ConfigNode in) {
    in.only("use_qk_norm", "false"); // the latents are normalised already
    return new Attention.Mla(
        in.integer("num_attention_heads"),
        in.integerOrNull("q_lora_rank"),
        in.integer("kv_lora_rank"),
        in.integer("qk_nope_head_dim"),
        in.integer("qk_rope_head_dim"),
        in.integer("v_head_dim"));
  }

  @Override
  public FeedForward feedForward(ConfigNode in, Family family) {
    int mtp = in.integer("num_nextn_predict_layers", 0);
    if (!in.has("n_routed_experts")) {
      return new FeedForward(null, mtp);
    }
    in.only("moe_layer_freq", "1");
    boolean v3 = family == Family.DEEPSEEK_V3;
    String method = in.text("topk_method", v3 ? "noaux_tc" : "greedy");
    boolean grouped =
        switch (method) {
          case "noaux_tc", "group_limited_greedy" -> true;
          case "greedy" -> false;
          default ->
              throw in.error("topk_method", method, "noaux_tc, group_limited_greedy or greedy");
        };
    String scoring = in.text("scoring_func", v3 ? "sigmoid" : "softmax");
    Moe moe =
        new Moe(
            in.integer("n_routed_experts"),
            in.integer("num_experts_per_tok"),
            in.integer("n_shared_experts", 0),
            in.integer("moe_intermediate_size"),
            grouped ? in.integer("n_group", 1) : 1,
            grouped ? in.integer("topk_group", 1) : 1,
            switch (scoring) {
              case "sigmoid" -> Moe.Scoring.SIGMOID;
              case "softmax" -> Moe.Scoring.SOFTMAX;
              default -> throw in.error("scoring_func", scoring, "sigmoid or softmax");
            },
            method.equals("noaux_tc"),
            in.bool("norm_topk_prob", v3),
            in.number("routed_scaling_factor", 1),
            in.integer("first_k_dense_replace", 0));
    return new FeedForward(moe, mtp);
  }

  @Override
  public void write(ModelConfig config, ObjectNode out) {
    switch (config.attention()) {
      case Attention.Mla mla -> {
        out.put("num_attention_heads", mla.heads());
        out.put("num_key_value_heads", mla.heads());
        out.put("q_lora_rank", mla.qLoraRank());
        out.put("kv_lora_rank", mla.kvLoraRank());
        out.put("qk_nope_head_dim", mla.qkNopeHeadDim());
        out.put("qk_rope_head_dim", mla.qkRopeHeadDim());
        out.put("v_head_dim", mla.vHeadDim());
      }
      case Attention.Gqa gqa ->
          throw new IllegalArgumentException(
              config.family().modelType() + " cannot hold " + gqa + ", expected latent attention");
    }
    Moe moe = config.moe();
    if (moe != null) {
      out.put("n_routed_experts", moe.experts());
      out.put("num_experts_per_tok", moe.expertsPerToken());
      if (moe.sharedExperts() > 0) {
        out.put("n_shared_experts", moe.sharedExperts());
      } else {
        out.putNull("n_shared_experts");
      }
      out.put("moe_intermediate_size", moe.intermediateSize());
      out.put("moe_layer_freq", 1);
      out.put("n_group", moe.groups());
      out.put("topk_group", moe.topkGroup());
      out.put(
          "topk_method",
          moe.correctionBias() ? "noaux_tc" : moe.groups() > 1 ? "group_limited_greedy" : "greedy");
      out.put("scoring_func", moe.scoring().key());
      out.put("norm_topk_prob", moe.normTopkProb());
      out.put("routed_scaling_factor", moe.routedScalingFactor());
      out.put("first_k_dense_replace", moe.firstDense());
    } else {
      out.putNull("n_routed_experts");
    }
    out.put("num_nextn_predict_layers", config.mtpLayers());
  }
}
