package dev.mneme.ltm;

import java.util.Iterator;
import java.util.Map;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.TermFrequencyAttribute;

/** Counted terms, each behind its space's prefix: what a field of the index is fed. */
final class TermStream extends TokenStream {
  private final CharTermAttribute term = addAttribute(CharTermAttribute.class);
  private final TermFrequencyAttribute frequency = addAttribute(TermFrequencyAttribute.class);
  private final String prefix;
  private final Map<String, Integer> counts;
  private Iterator<Map.Entry<String, Integer>> each;

  TermStream(String prefix, Map<String, Integer> counts) {
    this.prefix = prefix;
    this.counts = counts;
    this.each = counts.entrySet().iterator();
  }

  @Override
  public void reset() {
    each = counts.entrySet().iterator();
  }

  @Override
  public boolean incrementToken() {
    if (!each.hasNext()) {
      return false;
    }
    Map.Entry<String, Integer> next = each.next();
    clearAttributes();
    term.append(prefix).append(next.getKey());
    frequency.setTermFrequency(next.getValue());
    return true;
  }
}
