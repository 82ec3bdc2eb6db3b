package dev.mneme.model.layer;

import dev.mneme.model.ModelConfig;
import dev.mneme.model.PackedBatch;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Rows;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.Workspace;
import java.util.ArrayList;
import java.util.List;

/**
 * Multi-token prediction (DeepSeek-V3, arXiv 2412.19437, section 2.2): one more block that reads
 * the stream of the depth before it together with the embedding of the next token, and predicts the
 * token after that through the model's own head.
 *
 * <p>{@code h' = M [rmsnorm(embedding) ; rmsnorm(h)]}, in the order of the published weights
 * ({@code eh_proj}), {@code h} being the last block's output before the model's last norm.
 * Embedding and head are the model's. Positions near a segment's end, whose next tokens do not
 * exist, read its last token instead: nothing before them sees them, and they predict nothing.
 */
final class PredictionModule {
  private final int ahead;
  private final int hidden;
  private final Norm embeddingNorm;
  private final Norm streamNorm;
  private final Weight join_D2D;
  private final Block block;
  private final Norm lastNorm;

  /**
   * @param prefix {@code model.layers.N.}, N after the last block
   * @param ahead 1 for the first module, which predicts one token further than the model
   */
  PredictionModule(
      Parameters parameters, String prefix, ModelConfig config, Block block, int ahead) {
    this.ahead = ahead;
    this.hidden = config.hiddenSize();
    this.block = block;
    double eps = config.rmsNormEps();
    this.embeddingNorm = new Norm(parameters, prefix + "enorm.weight", hidden, eps);
    this.streamNorm = new Norm(parameters, prefix + "hnorm.weight", hidden, eps);
    this.join_D2D = parameters.matrix(Role.MATRIX, prefix + "eh_proj.weight", hidden, 2 * hidden);
    this.lastNorm = new Norm(parameters, prefix + "shared_head.norm.weight", hidden, eps);
  }

  /**
   * @param tokens_T token whose embedding each position reads
   * @param y_TD the stream behind the block
   * @param inv_T reciprocal roots of its norm
   * @param h_TD what the head reads
   */
  // Token ids of one pass, never compared or exposed.
  @SuppressWarnings("ArrayRecordComponent")
  record Kept(
      int[] tokens_T,
      Tensor embedding_TD,
      Tensor embeddingInv_T,
      Tensor x_TD,
      Tensor streamInv_T,
      Tensor joined_T2D,
      List<Block.Done> done,
      Tensor y_TD,
      Tensor inv_T,
      Tensor h_TD) {}

  /** How many tokens further than the model this predicts. */
  int ahead() {
    return ahead;
  }

  Block block() {
    return block;
  }

  /**
   * @param x_TD the stream of the depth before
   * @param table_VD the model's embedding
   */
  Kept forward(Pass pass, PackedBatch batch, Tensor x_TD, Tensor table_VD) {
    int t = batch.positions();
    int[] tokens = tokens(batch);
    Tensor embedding = pass.f32(t, hidden);
    for (int i = 0; i < t; i++) {
      Elementwise.copyRow(table_VD, tokens[i], embedding, i, hidden);
    }
    Tensor joined = pass.input(t, 2L * hidden);
    Tensor embeddingInv = embeddingNorm.forward(pass, Rows.of(embedding), Rows.at(joined, 0), t);
    Tensor streamInv = streamNorm.forward(pass, Rows.of(x_TD), Rows.at(joined, hidden), t);
    List<Block.Done> done = new ArrayList<>();
    Tensor y = block.forward(pass, pass.linear(joined, join_D2D), done);
    Norm.Normalised h = lastNorm.forward(pass, y);
    return new Kept(
        tokens, embedding, embeddingInv, x_TD, streamInv, joined, done, y, h.inv(), h.values());
  }

  private int[] tokens(PackedBatch batch) {
    int[] tokens = new int[batch.positions()];
    for (int s = 0; s < batch.segments(); s++) {
      for (int t = batch.start(s); t < batch.start(s + 1); t++) {
        tokens[t] = batch.target(Math.min(t + ahead - 1, batch.start(s + 1) - 1));
      }
    }
    return tokens;
  }

  /**
   * @param dh_TD gradient of what the head read
   * @param dy_TD gradient of the stream behind the block from deeper modules; overwritten
   * @param dx_TD gradient of the stream of the depth before; added to
   * @return gradient of the embeddings read, F32
   */
  Tensor backward(Pass pass, Kept kept, Tensor dh_TD, Tensor dy_TD, Tensor dx_TD) {
    int t = dy_TD.rows();
    Tensor dEmbedding = pass.f32(t, hidden);
    Workspace.Mark mark = pass.workspace().mark();
    lastNorm.backward(
        pass, Rows.of(kept.y_TD()), kept.inv_T(), Rows.of(dh_TD), Rows.of(dy_TD), t, true);
    block.backward(pass, kept.done(), 0, dy_TD);
    Tensor g = pass.round(dy_TD);
    pass.accumulate(g, kept.joined_T2D(), join_D2D);
    Tensor dJoined = pass.linearBackward(g, join_D2D);
    embeddingNorm.backward(
        pass,
        Rows.of(kept.embedding_TD()),
        kept.embeddingInv_T(),
        Rows.at(dJoined, 0),
        Rows.of(dEmbedding),
        t,
        false);
    streamNorm.backward(
        pass,
        Rows.of(kept.x_TD()),
        kept.streamInv_T(),
        Rows.at(dJoined, hidden),
        Rows.of(dx_TD),
        t,
        true);
    pass.workspace().release(mark);
    return dEmbedding;
  }
}
