package dev.mneme.model.generate;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class StopScannerTest {
  @Test
  void stopAcrossPiecesIsNeverShown() {
    var scanner = new StopScanner(List.of("STOP", "\n\n"));
    assertThat(scanner.append("one ST")).isEqualTo("one ");
    assertThat(scanner.append("O")).isEmpty();
    assertThat(scanner.append("Ptwo")).isEmpty();
    assertThat(scanner.stopped()).isTrue();
    assertThat(scanner.append("more")).isEmpty();
  }

  @Test
  void beginningThatLeadsNowhereIsShownInTheEnd() {
    var scanner = new StopScanner(List.of("STOP"));
    assertThat(scanner.append("a ST")).isEqualTo("a ");
    assertThat(scanner.append("AY")).isEqualTo("STAY");
    assertThat(scanner.append(" S")).isEqualTo(" ");
    assertThat(scanner.finish()).isEqualTo("S");
  }

  @Test
  void anySplitGivesTheTextBeforeTheEarliestStop() {
    var random = new SplittableRandom(4);
    for (int round = 0; round < 3000; round++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(25); i > 0; i--) {
        text.append("ab\n".charAt(random.nextInt(3)));
      }
      List<String> stops = List.of("aab", "b\n", "abab");
      int cut = text.length();
      for (String stop : stops) {
        int at = text.indexOf(stop);
        cut = at >= 0 ? Math.min(cut, at) : cut;
      }
      var scanner = new StopScanner(stops);
      var shown = new StringBuilder();
      for (int at = 0; at < text.length() && !scanner.stopped(); ) {
        int next = Math.min(text.length(), at + 1 + random.nextInt(4));
        shown.append(scanner.append(text.substring(at, next)));
        at = next;
      }
      assertThat(shown.append(scanner.finish()))
          .as(text.toString())
          .hasToString(text.substring(0, cut));
    }
  }
}
