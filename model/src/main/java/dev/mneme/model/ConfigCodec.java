package dev.mneme.model;

import com.google.errorprone.annotations.Immutable;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.node.ObjectNode;

/** What one family's config.json says beyond the keys all families share. Stateless. */
@Immutable
interface ConfigCodec {
  Attention attention(ConfigNode in);

  /** Adds the keys of {@link #attention} and {@link #feedForward}. */
  void write(ModelConfig config, ObjectNode out);

  FeedForward feedForward(ConfigNode in, Family family);

  /** The parts that differ between dense and mixture families. */
  record FeedForward(@Nullable Moe moe, int mtpLayers) {}
}
