package dev.mneme.model.text;

import java.time.Instant;
import java.time.InstantSource;
import java.util.Map;

/** A small trained vocabulary for tests. */
final class Tokenizers {
  static final InstantSource CLOCK = InstantSource.fixed(Instant.parse("2026-11-22T12:00:00Z"));
  static final Map<String, String> NAMED =
      Map.of("bos_token", BpeTrainer.BOS, "eos_token", BpeTrainer.END);

  private Tokenizers() {}

  static String json() {
    var trainer = new BpeTrainer();
    for (int i = 0; i < 3; i++) {
      trainer.add(
          "The garden path leads past the old mill to the river, where the children used to swim."
              + " What's the answer to 12 + 30? It's 42, isn't it? Über naïve café, здравствуй"
              + " мир.");
      trainer.add("a bc ab c abc abcabc bcbc aab aabc the then there these their thesis\n\n\tx  y");
    }
    return trainer.train(400);
  }

  @com.google.errorprone.annotations.MustBeClosed
  static Tokenizer open() {
    return Tokenizer.of("test tokenizer", json());
  }
}
