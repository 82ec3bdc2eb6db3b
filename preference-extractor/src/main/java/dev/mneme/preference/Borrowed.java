package dev.mneme.preference;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** How much of a reply was taken over word for word from recalled or tool text. */
final class Borrowed {
  /** A run of this many words is not chance. */
  private static final int RUN = 5;

  private Borrowed() {}

  /** The share of the reply's words inside a run that a source also has, in [0, 1]. */
  static double share(String reply, List<String> sources) {
    if (sources.isEmpty()) {
      return 0;
    }
    List<String> words = words(reply);
    if (words.size() < RUN) {
      return 0;
    }
    Set<String> runs = new HashSet<>();
    for (String source : sources) {
      List<String> theirs = words(source);
      for (int i = 0; i + RUN <= theirs.size(); i++) {
        runs.add(String.join(" ", theirs.subList(i, i + RUN)));
      }
    }
    boolean[] taken = new boolean[words.size()];
    for (int i = 0; i + RUN <= words.size(); i++) {
      if (runs.contains(String.join(" ", words.subList(i, i + RUN)))) {
        for (int j = i; j < i + RUN; j++) {
          taken[j] = true;
        }
      }
    }
    int count = 0;
    for (boolean each : taken) {
      count += each ? 1 : 0;
    }
    return count / (double) words.size();
  }

  static List<String> words(String text) {
    var words = new ArrayList<String>();
    for (String each : text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+")) {
      if (!each.isEmpty()) {
        words.add(each);
      }
    }
    return words;
  }
}
