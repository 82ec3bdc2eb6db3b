package dev.mneme.ltm;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.apache.lucene.analysis.Analyzer;
import org.apache.lucene.analysis.CharArraySet;
import org.apache.lucene.analysis.LowerCaseFilter;
import org.apache.lucene.analysis.StopFilter;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.Tokenizer;
import org.apache.lucene.analysis.en.EnglishPossessiveFilter;
import org.apache.lucene.analysis.en.PorterStemFilter;
import org.apache.lucene.analysis.miscellaneous.ASCIIFoldingFilter;
import org.apache.lucene.analysis.miscellaneous.LengthFilter;
import org.apache.lucene.analysis.standard.StandardTokenizer;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;

/**
 * From text to index terms: Unicode words, lower case, accents folded, possessives and function
 * words dropped, Porter stems. Thread-safe.
 *
 * <p>{@link #ID} names the recipe; an index made by another recipe is rebuilt on opening, because
 * terms of two recipes do not match each other.
 */
final class Words {
  /** Change it with every change to the chain. */
  static final String ID = "en-porter-1";

  /** Longer than any word of a language; longer runs are noise such as encoded files. */
  private static final int LONGEST = 64;

  /** Function words and the auxiliaries of questions: they say how, never about what. */
  private static final CharArraySet STOP =
      CharArraySet.unmodifiableSet(
          new CharArraySet(
              List.of(
                  """
                  a an and are as at be been being but by can could did do does for from had has
                  have he her hers him his how i if in into is it its itself me my myself no nor not
                  of on or our ours she should so some such that the their theirs them then there
                  these they this those to too up us was we were what when where which who whom
                  whose why will with would you your yours am any may might must shall than about
                  just really very also oh yeah yes hey hi hello wow ok okay don't didn't doesn't
                  isn't wasn't can't couldn't wouldn't i'm i've i'd i'll it's that's you're you've
                  they're we're we've let's what's there's he's she's
                  """
                      .strip()
                      .split("\\s+")),
              false));

  private final Analyzer analyzer =
      new Analyzer() {
        @Override
        protected TokenStreamComponents createComponents(String field) {
          Tokenizer source = new StandardTokenizer();
          TokenStream chain = new EnglishPossessiveFilter(source);
          chain = new LowerCaseFilter(chain);
          chain = new ASCIIFoldingFilter(chain);
          chain = new StopFilter(chain, STOP);
          chain = new PorterStemFilter(chain);
          chain = new LengthFilter(chain, 1, LONGEST);
          return new TokenStreamComponents(source, chain);
        }
      };

  /** The terms of a text, in order, repeated as often as they occur. */
  List<String> of(String text) {
    List<String> words = new ArrayList<>(text.length() / 8 + 1);
    try (TokenStream tokens = analyzer.tokenStream("text", text)) {
      CharTermAttribute term = tokens.addAttribute(CharTermAttribute.class);
      tokens.reset();
      while (tokens.incrementToken()) {
        words.add(term.toString());
      }
      tokens.end();
    } catch (IOException e) {
      throw new UncheckedIOException("a string in memory cannot fail to be read", e);
    }
    return words;
  }
}
