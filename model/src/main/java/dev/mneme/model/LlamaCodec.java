package dev.mneme.model;

import tools.jackson.databind.node.ObjectNode;

/** Keys of {@code llama}: grouped-query attention and dense SwiGLU. */
final class LlamaCodec implements ConfigCodec {
  @Override
  public Attention attention(ConfigNode in) {
    in.only("mlp_bias", "false");
    int heads = in.integer("num_attention_heads");
    return new Attention.Gqa(
        heads,
        in.integer("num_key_value_heads", heads),
        in.integer("head_dim", in.integer("hidden_size") / Math.max(1, heads)),
        in.bool("use_qk_norm", false));
  }

  @Override
  public FeedForward feedForward(ConfigNode in, Family family) {
    return new FeedForward(null, 0);
  }

  @Override
  public void write(ModelConfig config, ObjectNode out) {
    switch (config.attention()) {
      case Attention.Gqa gqa -> {
        out.put("num_attention_heads", gqa.heads());
        out.put("num_key_value_heads", gqa.kvHeads());
        out.put("head_dim", gqa.headDim());
        if (gqa.qkNorm()) {
          out.put("use_qk_norm", true);
        }
      }
      case Attention.Mla mla ->
          throw new IllegalArgumentException(
              "llama cannot hold latent attention " + mla + ", expected grouped-query attention");
    }
  }
}
