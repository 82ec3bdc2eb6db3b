package dev.mneme.evals.ours;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.EvalItem;
import dev.mneme.data.Message;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** What is measured is not trained on: our prompts share no long n-gram with the curriculum. */
class CurriculumOverlapTest {
  private static final int N = 8;
  private static final int EXAMPLES = 30_000;

  @Test
  void noEightWordsInARowAreTrainedOn() {
    Map<List<String>, String> ours = new HashMap<>();
    Map<String, String> whole = new HashMap<>();
    for (EvalItem item : OurPrompts.task().items()) {
      for (String turn : item.turns()) {
        List<String> words = Texts.words(turn);
        whole.put(String.join(" ", words), item.id());
        grams(words).forEach(each -> ours.put(each, item.id()));
      }
    }
    Set<String> shared = new TreeSet<>();
    var seen = new HashSet<String>();
    Curriculum.load()
        .examples(11, false)
        .limit(EXAMPLES)
        .map(TrainingExample::messages)
        .forEach(
            messages -> {
              for (Message each : messages) {
                if (seen.add(each.content())) {
                  List<String> words = Texts.words(each.content());
                  String id = whole.get(String.join(" ", words));
                  if (id != null && words.size() > 4) {
                    shared.add(id + ": " + each.content());
                  }
                  grams(words)
                      .forEach(
                          gram -> {
                            String item = ours.get(gram);
                            if (item != null) {
                              shared.add(item + ": " + String.join(" ", gram));
                            }
                          });
                }
              }
            });

    assertThat(seen).hasSizeGreaterThan(EXAMPLES / 2);
    assertThat(shared).isEmpty();
  }

  private static List<List<String>> grams(List<String> words) {
    var grams = new ArrayList<List<String>>();
    for (int i = 0; i + N <= words.size(); i++) {
      grams.add(words.subList(i, i + N));
    }
    return grams;
  }
}
