package dev.mneme.ltm;

/**
 * How recall weighs its evidence. The defaults were chosen on three LoCoMo conversations and
 * reported on two others (docs/adr/0041).
 *
 * @param turn weight of the BM25 score of the turn's own words
 * @param window weight of the BM25F score of the turn with two neighbours on each side
 * @param session weight of the BM25 score of the stretch of the session around the turn
 * @param facts weight of the BM25 score of what rules drew from the turn
 * @param vector weight of the nearest in meaning against the best by words, where there is an
 *     embedder; with the bundled model's vectors more of it finds less (docs/experiments.md)
 * @param speaker boost of the one person a question names, 1 to 1.5
 * @param date boost of turns said at the time a question names, 1 to 1.5
 * @param recency boost of what is said at the moment of asking; half of it is left after a month, 1
 *     to 1.5
 * @param frequency boost of what was said eight times or more; less for less, 1 to 1.5
 * @param importance boost of what one was asked to remember; less for other facts, 1 to 1.5
 * @param depth the fewest candidates taken by words, and by vectors
 */
public record RecallWeights(
    double turn,
    double window,
    double session,
    double facts,
    double vector,
    double speaker,
    double date,
    double recency,
    double frequency,
    double importance,
    int depth) {
  public RecallWeights {
    for (double weight : new double[] {turn, window, session, facts, vector}) {
      if (!(weight >= 0 && weight <= 100)) {
        throw new IllegalArgumentException("weights must be in [0, 100], got " + weight);
      }
    }
    for (double boost : new double[] {speaker, date, recency, frequency, importance}) {
      if (!(boost >= 1 && boost <= 1.5)) {
        throw new IllegalArgumentException("boosts must be in [1, 1.5], got " + boost);
      }
    }
    if (depth < 1 || depth > 10_000) {
      throw new IllegalArgumentException("depth must be 1 to 10000, got " + depth);
    }
  }

  public static RecallWeights defaults() {
    return new RecallWeights(0.8, 1.6, 1, 1, 0.3, 1.15, 1.25, 1.05, 1.1, 1.05, 100);
  }
}
