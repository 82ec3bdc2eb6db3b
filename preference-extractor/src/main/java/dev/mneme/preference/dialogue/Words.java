package dev.mneme.preference.dialogue;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Splits English text into lower-case words, and words into rough stems. */
final class Words {
  private static final Set<String> STOP =
      Set.copyOf(
          List.of(
              ("a an the and or but if then so than that this these those there here it its it's i"
                   + " me my mine myself you your yours u ur he him his she her hers they them"
                   + " their we us our is am are was were be been being do does did done doing have"
                   + " has had having will would shall should can could may might must of in on at"
                   + " to for from by with about as into over under out up down off not no nor"
                   + " don't doesn't didn't isn't aren't wasn't i'm i've i'd i'll you're you've"
                   + " he's she's they're we're that's there's what what's which who whom whose"
                   + " when where why how just very really too also some any all more most much"
                   + " many lot lots other such only own same again once let let's get got go going"
                   + " gonna oh ok okay yes yeah yep no hi hello hey well um uh hmm please thanks"
                   + " thank sure like know think want need one thing things something anything"
                   + " one's because while during before after ever never even still now say said"
                   + " tell im dont ive id thats whats its cant can't won't make made see good"
                   + " great")
                  .split(" ")));

  private Words() {}

  /** Lower-case words of letters, digits and inner apostrophes; curly apostrophes are straight. */
  static List<String> of(String text) {
    var words = new ArrayList<String>();
    var word = new StringBuilder();
    int length = text.length();
    for (int i = 0; i < length; i++) {
      char c = text.charAt(i);
      if (c == '’' || c == '`') {
        c = '\'';
      }
      boolean inside = Character.isLetterOrDigit(c);
      boolean inner =
          c == '\''
              && !word.isEmpty()
              && i + 1 < length
              && Character.isLetterOrDigit(text.charAt(i + 1));
      if (inside || inner) {
        word.append(Character.toLowerCase(c));
      } else if (!word.isEmpty()) {
        words.add(word.toString());
        word.setLength(0);
      }
    }
    if (!word.isEmpty()) {
      words.add(word.toString());
    }
    return words;
  }

  static boolean isStop(String word) {
    return STOP.contains(word);
  }

  /** A crude stem: enough to make "movie" meet "movies" and "watch" meet "watching". */
  static String stem(String word) {
    String w = word.endsWith("'s") ? word.substring(0, word.length() - 2) : word;
    int n = w.length();
    if (n > 4 && w.endsWith("ies")) {
      return w.substring(0, n - 3) + "y";
    }
    if (n > 5 && w.endsWith("ing")) {
      return undouble(w.substring(0, n - 3));
    }
    if (n > 4 && w.endsWith("ed")) {
      return undouble(w.substring(0, n - 2));
    }
    if (n > 4 && (w.endsWith("sses") || w.endsWith("shes") || w.endsWith("ches"))) {
      return w.substring(0, n - 2);
    }
    if (n > 3 && w.endsWith("s") && !w.endsWith("ss") && !w.endsWith("us") && !w.endsWith("is")) {
      w = w.substring(0, n - 1);
      n--;
    }
    return n > 4 && w.endsWith("e") ? w.substring(0, n - 1) : w;
  }

  private static String undouble(String stem) {
    int n = stem.length();
    if (n > 3
        && stem.charAt(n - 1) == stem.charAt(n - 2)
        && "lsz".indexOf(stem.charAt(n - 1)) < 0) {
      return stem.substring(0, n - 1);
    }
    return n > 4 && stem.endsWith("e") ? stem.substring(0, n - 1) : stem;
  }
}
