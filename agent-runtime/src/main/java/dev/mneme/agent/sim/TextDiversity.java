package dev.mneme.agent.sim;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * How varied texts are. Distinct-n is the share of n-grams that are different (Li et al. 2016);
 * self-BLEU is the mean BLEU-4 of each text against all others (Zhu et al. 2018), with add-one
 * smoothing above unigrams because replies are short. High self-BLEU means that all say the same.
 */
final class TextDiversity {
  private static final int SAMPLE = 60;

  private TextDiversity() {}

  static double distinct(List<String> texts, int n) {
    long all = 0;
    Set<String> different = new HashSet<>();
    for (String each : texts) {
      List<String> grams = grams(words(each), n);
      all += grams.size();
      different.addAll(grams);
    }
    return all == 0 ? 0 : (double) different.size() / all;
  }

  /** Over at most 60 texts, evenly taken; 0 for fewer than two. */
  static double selfBleu(List<String> texts) {
    List<List<String>> sample = new ArrayList<>();
    int stride = Math.max(1, texts.size() / SAMPLE);
    for (int i = 0; i < texts.size() && sample.size() < SAMPLE; i += stride) {
      List<String> words = words(texts.get(i));
      if (!words.isEmpty()) {
        sample.add(words);
      }
    }
    if (sample.size() < 2) {
      return 0;
    }
    double sum = 0;
    for (int i = 0; i < sample.size(); i++) {
      sum += bleu(sample, i);
    }
    return sum / sample.size();
  }

  private static double bleu(List<List<String>> texts, int index) {
    List<String> words = texts.get(index);
    double logs = 0;
    for (int n = 1; n <= 4; n++) {
      Map<String, Integer> most = new HashMap<>();
      for (int j = 0; j < texts.size(); j++) {
        if (j != index) {
          counts(texts.get(j), n).forEach((gram, count) -> most.merge(gram, count, Math::max));
        }
      }
      int matched = 0;
      int all = 0;
      for (Map.Entry<String, Integer> each : counts(words, n).entrySet()) {
        matched += Math.min(each.getValue(), most.getOrDefault(each.getKey(), 0));
        all += each.getValue();
      }
      double smooth = n == 1 ? 0 : 1;
      double precision = (matched + smooth) / (all + smooth);
      if (precision == 0) {
        return 0;
      }
      logs += Math.log(precision) / 4;
    }
    int closest = closestLength(texts, index);
    double brevity = words.size() >= closest ? 1 : Math.exp(1 - (double) closest / words.size());
    return brevity * Math.exp(logs);
  }

  private static int closestLength(List<List<String>> texts, int index) {
    int length = texts.get(index).size();
    int closest = Integer.MAX_VALUE / 2;
    for (int j = 0; j < texts.size(); j++) {
      int other = texts.get(j).size();
      if (j != index && Math.abs(other - length) < Math.abs(closest - length)) {
        closest = other;
      }
    }
    return closest;
  }

  private static Map<String, Integer> counts(List<String> words, int n) {
    Map<String, Integer> counts = new HashMap<>();
    grams(words, n).forEach(each -> counts.merge(each, 1, Integer::sum));
    return counts;
  }

  private static List<String> grams(List<String> words, int n) {
    List<String> grams = new ArrayList<>();
    for (int i = 0; i + n <= words.size(); i++) {
      grams.add(String.join(" ", words.subList(i, i + n)));
    }
    return grams;
  }

  private static List<String> words(String text) {
    String plain = text.toLowerCase(Locale.ROOT).replaceAll("[^\\p{L}\\p{N}']+", " ").strip();
    return plain.isEmpty() ? List.of() : List.of(plain.split(" "));
  }
}
