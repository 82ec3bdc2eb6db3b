package dev.mneme.model;

import org.jspecify.annotations.Nullable;

/**
 * The shape of one attention layer. Immutable; every layer of a model has the same shape.
 *
 * <p>A new kind is a record here and a branch wherever the compiler then asks for one.
 */
public sealed interface Attention {

  /** Number of query heads. */
  int heads();

  /** Width of one query (and expanded key) head. */
  int queryHeadDim();

  /** Width of one value head. */
  int valueHeadDim();

  /** How many of a head's dimensions are rotated by the position. */
  int ropeDim();

  /** Values that a cache must keep for one token and one layer. */
  int cacheValuesPerTokenAndLayer();

  /**
   * That, against multi-head attention of the same width, which keeps a key and a value of every
   * head: 1.76 % for DeepSeek-V3.
   */
  default double cacheRatio() {
    return cacheValuesPerTokenAndLayer() / (2.0 * heads() * valueHeadDim());
  }

  /**
   * Multi-head latent attention (DeepSeek-V2, arXiv 2405.04434, section 2.1): keys and values are
   * expanded from one latent of {@code kvLoraRank}; the position lives in a separate key of {@code
   * qkRopeHeadDim} shared by all heads, rotated in interleaved pairs.
   *
   * @param qLoraRank rank of the query's own latent, or null where queries are projected directly
   */
  record Mla(
      int heads,
      @Nullable Integer qLoraRank,
      int kvLoraRank,
      int qkNopeHeadDim,
      int qkRopeHeadDim,
      int vHeadDim)
      implements Attention {
    public Mla {
      Checks.positive("num_attention_heads", heads);
      if (qLoraRank != null) {
        Checks.positive("q_lora_rank", qLoraRank);
      }
      Checks.positive("kv_lora_rank", kvLoraRank);
      Checks.positive("qk_nope_head_dim", qkNopeHeadDim);
      Checks.positive("v_head_dim", vHeadDim);
      Checks.even("qk_rope_head_dim", qkRopeHeadDim);
    }

    @Override
    public int queryHeadDim() {
      return qkNopeHeadDim + qkRopeHeadDim;
    }

    @Override
    public int valueHeadDim() {
      return vHeadDim;
    }

    @Override
    public int ropeDim() {
      return qkRopeHeadDim;
    }

    @Override
    public int cacheValuesPerTokenAndLayer() {
      return kvLoraRank + qkRopeHeadDim;
    }
  }

  /**
   * Grouped-query attention (arXiv 2305.13245); multi-head attention is the case {@code kvHeads ==
   * heads}. The whole head is rotated, first half against second half.
   *
   * @param qkNorm whether each query and key head passes through an RMSNorm of its own before the
   *     rotation ({@code self_attn.q_norm} and {@code self_attn.k_norm}, width {@code headDim})
   */
  record Gqa(int heads, int kvHeads, int headDim, boolean qkNorm) implements Attention {
    public Gqa {
      Checks.positive("num_attention_heads", heads);
      Checks.positive("num_key_value_heads", kvHeads);
      Checks.even("head_dim", headDim);
      if (heads % kvHeads != 0) {
        throw new IllegalArgumentException(
            "num_attention_heads is "
                + heads
                + ", expected a multiple of num_key_value_heads "
                + kvHeads);
      }
    }

    @Override
    public int queryHeadDim() {
      return headDim;
    }

    @Override
    public int valueHeadDim() {
      return headDim;
    }

    @Override
    public int ropeDim() {
      return headDim;
    }

    @Override
    public int cacheValuesPerTokenAndLayer() {
      return 2 * kvHeads * headDim;
    }
  }
}
