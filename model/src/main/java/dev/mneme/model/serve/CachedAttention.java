package dev.mneme.model.serve;

import java.lang.foreign.MemorySegment;

/**
 * Softmax attention of a batch's queries to the caches of their sequences: what every kind of
 * attention does once it knows where its queries, keys and values lie. Owns the score buffers of
 * all threads; shared by the layers of a model, one call at a time.
 */
final class CachedAttention {
  /**
   * One query head.
   *
   * @param queryStarts where its query of each row begins
   * @param keys where its keys begin in a token's cache entry
   * @param values where its values begin there
   * @param outStarts where its result of each row goes
   */
  @SuppressWarnings("ArrayRecordComponent") // only ever read, never compared
  record Head(int[] queryStarts, int keys, int values, int[] outStarts) {}

  private final Head[] heads;
  private final float[] queries;
  private final float[] out;
  private final int keyWidth;
  private final int valueWidth;
  private final float[] scores;
  private final int scoresWidth;

  /**
   * @param queries where queries are read
   * @param out where results are written
   * @param keyWidth floats of a query and a key, a multiple of LANES
   * @param valueWidth floats of a value, a multiple of LANES
   */
  CachedAttention(
      Team team,
      int maxPositions,
      Head[] heads,
      float[] queries,
      float[] out,
      int keyWidth,
      int valueWidth) {
    this.heads = heads;
    this.queries = queries;
    this.out = out;
    this.keyWidth = keyWidth;
    this.valueWidth = valueWidth;
    scoresWidth = PackedMatrix.pad(maxPositions);
    scores = new float[team.size() * scoresWidth];
  }

  /**
   * Thread {@code t}'s part. Later rows of a prompt see more keys, so rows are dealt out in turns.
   *
   * @param cacheWidth floats from one token's entry to the next
   */
  void run(Batch b, int layer, int cacheWidth, float scale, int t) {
    int at = t * scoresWidth;
    int tasks = b.rows * heads.length;
    for (int i = t; i < tasks; i += b.team.active()) {
      int row = i / heads.length;
      Head head = heads[i % heads.length];
      NativeSequence sequence = b.sequence(row);
      MemorySegment cache = sequence.cache();
      long entry = sequence.row(layer, 0);
      int count = b.positions[row] + 1;
      Rows.scores(
          queries,
          head.queryStarts()[row],
          keyWidth,
          cache,
          entry + head.keys(),
          cacheWidth,
          count,
          scores,
          at);
      Rows.softmax(scores, at, count, scale);
      Rows.mix(
          scores,
          at,
          count,
          cache,
          entry + head.values(),
          cacheWidth,
          valueWidth,
          out,
          head.outStarts()[row]);
    }
  }
}
