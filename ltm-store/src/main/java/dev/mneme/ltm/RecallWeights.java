package dev.mneme.ltm;

/**
 * How recall weighs its evidence. The defaults were chosen on three LoCoMo conversations and
 * reported on the others (docs/adr/0041).
 *
 * @param turn weight of the words of the turn itself
 * @param near weight of the turn with one neighbour on each side
 * @param wide weight of the turn with two neighbours on each side
 * @param session weight of the stretch of the session around the turn
 * @param facts weight of what rules drew from the turn
 * @param vector weight of the vector view, where there is an embedder
 * @param speaker boost of the person a question is about, 1 to 1.5
 * @param rankConstant the constant of reciprocal rank fusion
 * @param depth candidates taken from each view
 */
public record RecallWeights(
    double turn,
    double near,
    double wide,
    double session,
    double facts,
    double vector,
    double speaker,
    int rankConstant,
    int depth) {
  public static RecallWeights defaults() {
    return new RecallWeights(1, 1, 0.7, 0.7, 0.5, 1, 1.15, 60, 100);
  }
}
