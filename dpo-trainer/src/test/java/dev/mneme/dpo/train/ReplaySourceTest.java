package dev.mneme.dpo.train;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.dpo.train.ReplaySource.Hold;
import org.junit.jupiter.api.Test;

class ReplaySourceTest {
  /** Two replies of four and one token, each with its end. */
  private static final boolean[] REPLY = {
    false, false, true, true, true, true, false, false, true, true
  };

  @Test
  void everyTokenOfRepliesIsHeldAndNoOther() {
    assertThat(Hold.WHOLE.weights(REPLY)).containsExactly(0, 0, 1, 1, 1, 1, 0, 0, 1, 1);
    assertThat(Hold.WORDS.weights(REPLY)).containsExactly(Hold.WHOLE.weights(REPLY));
  }

  @Test
  void ofContentTheBeginningAndTheEndAreFree() {
    assertThat(Hold.CONTENT.weights(REPLY)).containsExactly(0, 0, 0, 1, 1, 0, 0, 0, 0, 0);
  }
}
