package dev.mneme.ltm;

import java.util.Iterator;
import java.util.List;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/** Terms already made, each behind its space's prefix: what a field of the index is fed. */
final class TermStream extends TokenStream {
  private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
  private final String prefix;
  private final List<List<String>> parts;
  private Iterator<List<String>> lists;
  private Iterator<String> words = List.<String>of().iterator();

  TermStream(String prefix, List<List<String>> parts) {
    this.prefix = prefix;
    this.parts = parts;
    this.lists = parts.iterator();
  }

  @Override
  public void reset() {
    lists = parts.iterator();
    words = List.<String>of().iterator();
  }

  @Override
  public boolean incrementToken() {
    while (!words.hasNext()) {
      if (!lists.hasNext()) {
        return false;
      }
      words = lists.next().iterator();
    }
    clearAttributes();
    term.append(prefix).append(words.next());
    return true;
  }
}
