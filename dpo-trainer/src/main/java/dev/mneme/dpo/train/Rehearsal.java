package dev.mneme.dpo.train;

import dev.mneme.model.PackedBatch;
import dev.mneme.model.TopPredictions;
import dev.mneme.model.TrainableModel;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Earlier supervised text with what a model predicts in it that was not trained yet: this one as it
 * came in, or the one its line began with. Beside preferences it is trained to predict the same (KL
 * to that model; distillation as in learning without forgetting, Li and Hoiem, arXiv 1606.09282,
 * eq. 2): what a step moved where nothing was wished is pulled back, and where nothing moved there
 * is no gradient at all, which the text's own labels would give. Only what is to be held firmly is
 * held to its labels.
 *
 * <p>Read from the beginning again when its end is reached. One thread.
 */
public final class Rehearsal {
  /** Read more than once only by trainings of some thousand pairs; 15 MB of predictions. */
  private static final int MOST_TOKENS = 1 << 18;

  /** Tokens of one pass, by which its memory is bounded. */
  private static final int PASS_TOKENS = 1 << 12;

  /**
   * Earlier text as tokens, those of replies weighing 1.
   *
   * @param firmly see {@link ReplaySource.Hold#WORDS}
   */
  public record Text(PackedBatch.Segment segment, boolean firmly) {}

  /** Gives what to rehearse; asked once, before the model is trained. */
  @FunctionalInterface
  public interface Source {
    /**
     * @param tokens that the training will read
     */
    Rehearsal of(long tokens);
  }

  private record Recalled(PackedBatch.Segment segment, TopPredictions predictions) {}

  private final List<Recalled> all = new ArrayList<>();

  /**
   * Asks the model.
   *
   * @param model whose predictions are held to, of the trained one's vocabulary; not used later
   * @param earlier may be endless
   * @param tokens that the training will read; as many at most are asked for
   */
  public Rehearsal(TrainableModel model, Iterator<Text> earlier, long tokens) {
    List<Text> pass = new ArrayList<>();
    long asked = 0;
    int inPass = 0;
    while (asked < Math.min(tokens, MOST_TOKENS) && earlier.hasNext()) {
      Text next = earlier.next();
      int length = next.segment().length();
      if (next.segment().weight() == 0) {
        continue;
      }
      pass.add(next);
      asked += length;
      inPass += length;
      if (inPass >= PASS_TOKENS) {
        ask(model, pass);
        inPass = 0;
      }
    }
    ask(model, pass);
  }

  private void ask(TrainableModel model, List<Text> pass) {
    if (pass.isEmpty()) {
      return;
    }
    PackedBatch batch = PackedBatch.of(pass.stream().map(Text::segment).toList());
    List<TopPredictions> predictions = model.topPredictions(batch);
    for (int i = 0; i < predictions.size(); i++) {
      Text text = pass.get(i);
      TopPredictions held = predictions.get(i);
      all.add(
          new Recalled(
              text.segment(),
              text.firmly() ? held.certainOf(PackedBatch.of(text.segment())) : held));
    }
    pass.clear();
  }

  /** Some of it, with what is to be predicted there. */
  record Batch(PackedBatch batch, TopPredictions predictions) {}

  /**
   * The segments from number {@code from} on, until they have as many tokens; in batches of one
   * pass each.
   *
   * @param from counted on without end, modulo how many there are
   */
  List<Batch> read(long from, int tokens) {
    List<Batch> batches = new ArrayList<>();
    List<Recalled> pass = new ArrayList<>();
    int inPass = 0;
    long at = from;
    for (int read = 0; read < tokens && !all.isEmpty(); at++) {
      Recalled each = all.get((int) (at % all.size()));
      pass.add(each);
      read += each.segment().length();
      inPass += each.segment().length();
      if (inPass >= PASS_TOKENS || read >= tokens) {
        batches.add(
            new Batch(
                PackedBatch.of(pass.stream().map(Recalled::segment).toList()),
                TopPredictions.of(pass.stream().map(Recalled::predictions).toList())));
        pass.clear();
        inPass = 0;
      }
    }
    return batches;
  }
}
