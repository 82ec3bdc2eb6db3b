package dev.mneme.ltm;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class RecallerTest {
  private static final int DIMENSIONS = 16;
  private static final int OWN = 600;
  private static final String FIELD = Vectors.field(1);

  /** Two spaces in turn, so that neighbours in the graph of one are of the other. */
  private static void fill(MemoryIndex index) throws IOException {
    var random = new Random(11);
    for (int i = 0; i < 2 * OWN; i++) {
      index.put(
          new MemoryIndex.TurnDoc(
              i % 2,
              i % 2,
              i,
              i,
              i,
              "user",
              random.nextLong(),
              0,
              0,
              Map.of("word", 1),
              Map.of("word", 1),
              Map.of(),
              Map.of(FIELD, direction(random)),
              null));
    }
    index.refresh();
  }

  private static float[] direction(Random random) {
    float[] vector = new float[DIMENSIONS];
    double sum = 0;
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] = (float) random.nextGaussian();
      sum += (double) vector[i] * vector[i];
    }
    for (int i = 0; i < DIMENSIONS; i++) {
      vector[i] /= (float) Math.sqrt(sum);
    }
    return vector;
  }

  private static List<Recaller.Candidate> nearest(MemoryIndex index, int exact, float[] vector)
      throws IOException {
    var recaller = new Recaller(RecallWeights.defaults(), new Words(), exact);
    var ask =
        new Recaller.Ask(
            List.of(1),
            "nothing that was said",
            null,
            Long.MIN_VALUE,
            Long.MAX_VALUE,
            0,
            null,
            20,
            new Meaning(FIELD, vector));
    return index.search(searcher -> recaller.rank(searcher, ask));
  }

  @Test
  void theGraphOfManyVectorsFindsWhatComparingAllFindsAndStaysInItsSpace() throws IOException {
    try (MemoryIndex index = MemoryIndex.open(null, "test")) {
      fill(index);
      var random = new Random(12);
      int agreed = 0;
      for (int question = 0; question < 20; question++) {
        float[] vector = direction(random);
        List<Recaller.Candidate> all = nearest(index, Integer.MAX_VALUE, vector);
        List<Recaller.Candidate> graph = nearest(index, 0, vector);
        assertThat(all).hasSize(20);
        assertThat(graph).hasSize(20).allMatch(found -> found.seq % 2 == 1);
        assertThat(graph.getFirst().seq).isEqualTo(all.getFirst().seq);
        assertThat(graph.getFirst().score).isEqualTo(all.getFirst().score);
        Set<Long> exact = new HashSet<>();
        all.forEach(found -> exact.add(found.seq));
        agreed += (int) graph.stream().filter(found -> exact.contains(found.seq)).count();
      }
      assertThat(agreed).as("of 400 nearest").isGreaterThan(360);
    }
  }
}
