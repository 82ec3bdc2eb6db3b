package dev.mneme.model.generate;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Sampling;
import dev.mneme.model.text.BpeTrainer;
import dev.mneme.model.text.Tokenizer;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Arrays;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RequestTest {
  @TempDir Path dir;

  @Test
  void thePaddingOfAVocabularyIsNeverDrawn() {
    var trained = new BpeTrainer();
    trained.add("some words and some more words");
    BpeTrainer.write(dir, trained.train(300), "{{ messages[0].content }}", 64);
    try (Tokenizer tokenizer = Tokenizer.open(dir)) {
      int known = tokenizer.size();
      int word = tokenizer.encode("words")[0];
      var request =
          new Request(
              new int[] {word},
              Sampling.greedy(4),
              known + 16,
              known,
              64,
              tokenizer.detokenizer(),
              Set.of(),
              tokenizer::isSpecial,
              () -> false,
              true,
              Instant.EPOCH);
      request.logits[word] = 1;
      Arrays.fill(request.logits, known, known + 16, 9);
      assertThat(request.advance(Instant.EPOCH)).isFalse();
      assertThat(request.next).isEqualTo(word);
    }
  }
}
