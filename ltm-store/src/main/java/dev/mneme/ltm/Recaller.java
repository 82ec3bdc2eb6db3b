package dev.mneme.ltm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.jspecify.annotations.Nullable;

/**
 * Ranks the turns of some spaces for a question: BM25 over four views of each turn (its own words;
 * with one and with two neighbours on each side; the stretch of the session around it), what rules
 * drew from it, and its vector where there is one, fused.
 *
 * <p>Stateless and thread-safe.
 */
final class Recaller {
  private final RecallWeights weights;
  private final Words words;

  Recaller(RecallWeights weights, Words words) {
    this.weights = weights;
    this.words = words;
  }

  /**
   * What to look for.
   *
   * @param spaces the spaces to search, the asker's own first
   * @param text the question
   * @param session only this session; null for all
   * @param fromSeconds only turns at or after; Long.MIN_VALUE for all
   * @param toSeconds only turns before; Long.MAX_VALUE for all
   * @param said when the question speaks of a time, that time; null otherwise
   */
  record Ask(
      List<Integer> spaces,
      String text,
      @Nullable Integer session,
      long fromSeconds,
      long toSeconds,
      @Nullable TimeSpan said) {}

  /** A turn that may answer. */
  static final class Candidate {
    final int doc;
    final int space;
    long seq;
    int session;
    int index;
    long atSeconds;
    int speaker;
    long print;
    double score;
    final Map<String, Double> parts = new LinkedHashMap<>();

    Candidate(int doc, int space) {
      this.doc = doc;
      this.space = space;
    }

    void add(String part, double amount) {
      parts.merge(part, amount, Double::sum);
      score += amount;
    }

    void multiply(String part, double factor) {
      if (factor != 1) {
        parts.put(part, factor);
        score *= factor;
      }
    }
  }

  private record Hit(int doc, int space, float score) {}

  /** Candidates, best first. */
  List<Candidate> rank(IndexSearcher base, Ask ask) throws IOException {
    Set<String> terms = new LinkedHashSet<>(words.of(ask.text()));
    Map<Integer, Candidate> found = new HashMap<>();
    if (!terms.isEmpty()) {
      view(base, ask, terms, MemoryIndex.TURN, weights.turn(), found);
      view(base, ask, terms, MemoryIndex.NEAR, weights.near(), found);
      view(base, ask, terms, MemoryIndex.WIDE, weights.wide(), found);
      view(base, ask, terms, MemoryIndex.FACTS, weights.facts(), found);
    }
    List<Candidate> candidates = new ArrayList<>(found.values());
    load(base, candidates);
    if (!terms.isEmpty()) {
      stretches(base, ask, terms, candidates);
    }
    boost(base, ask, candidates);
    candidates.sort(
        Comparator.comparingDouble((Candidate c) -> -c.score).thenComparingLong(c -> c.seq));
    return candidates;
  }

  private void view(
      IndexSearcher base,
      Ask ask,
      Set<String> terms,
      String field,
      double weight,
      Map<Integer, Candidate> found)
      throws IOException {
    if (weight == 0) {
      return;
    }
    List<Hit> hits = new ArrayList<>();
    for (int space : ask.spaces()) {
      for (ScoreDoc each : search(base, ask, space, terms, field, MemoryIndex.SPACE)) {
        hits.add(new Hit(each.doc, space, each.score));
      }
    }
    if (ask.spaces().size() > 1) {
      hits.sort(Comparator.comparingDouble((Hit h) -> -h.score()).thenComparingInt(Hit::doc));
    }
    for (int rank = 0; rank < hits.size(); rank++) {
      Hit hit = hits.get(rank);
      found
          .computeIfAbsent(hit.doc(), doc -> new Candidate(doc, hit.space()))
          .add(field, weight / (weights.rankConstant() + rank + 1));
    }
  }

  private ScoreDoc[] search(
      IndexSearcher base, Ask ask, int space, Set<String> terms, String field, String spaceField)
      throws IOException {
    String prefix = MemoryIndex.prefix(space);
    var any = new BooleanQuery.Builder();
    for (String term : terms) {
      any.add(new TermQuery(new Term(field, prefix + term)), BooleanClause.Occur.SHOULD);
    }
    Query query = any.build();
    boolean timed = ask.fromSeconds() != Long.MIN_VALUE || ask.toSeconds() != Long.MAX_VALUE;
    if (ask.session() != null || timed) {
      var filtered = new BooleanQuery.Builder().add(query, BooleanClause.Occur.MUST);
      if (ask.session() != null) {
        filtered.add(
            new TermQuery(new Term(MemoryIndex.SESSION, MemoryIndex.number(ask.session()))),
            BooleanClause.Occur.FILTER);
      }
      if (timed && spaceField.equals(MemoryIndex.SPACE)) {
        filtered.add(
            org.apache.lucene.document.NumericDocValuesField.newSlowRangeQuery(
                MemoryIndex.AT, ask.fromSeconds(), ask.toSeconds() - 1),
            BooleanClause.Occur.FILTER);
      }
      query = filtered.build();
    }
    return new SpaceSearcher(base, space, spaceField).search(query, weights.depth()).scoreDocs;
  }

  private void stretches(IndexSearcher base, Ask ask, Set<String> terms, List<Candidate> candidates)
      throws IOException {
    if (weights.session() == 0) {
      return;
    }
    List<Hit> hits = new ArrayList<>();
    for (int space : ask.spaces()) {
      for (ScoreDoc each :
          search(base, ask, space, terms, MemoryIndex.STRETCH_TEXT, MemoryIndex.STRETCH_SPACE)) {
        hits.add(new Hit(each.doc, space, each.score));
      }
    }
    hits.sort(Comparator.comparingDouble((Hit h) -> -h.score()).thenComparingInt(Hit::doc));
    record Stretch(int session, int number) {}
    Map<Stretch, Integer> ranks = new HashMap<>();
    int[] docs = hits.stream().mapToInt(Hit::doc).toArray();
    long[] sessions = values(base, docs, MemoryIndex.SESSION_ID);
    long[] numbers = values(base, docs, MemoryIndex.INDEX);
    for (int rank = 0; rank < docs.length; rank++) {
      ranks.put(new Stretch((int) sessions[rank], (int) numbers[rank]), rank);
    }
    for (Candidate each : candidates) {
      Integer rank = ranks.get(new Stretch(each.session, Indexer.stretch(each.index)));
      if (rank != null) {
        each.add(MemoryIndex.STRETCH_TEXT, weights.session() / (weights.rankConstant() + rank + 1));
      }
    }
  }

  private void boost(IndexSearcher base, Ask ask, List<Candidate> candidates) throws IOException {
    Set<String> asked = new LinkedHashSet<>(rawWords(ask.text()));
    Map<Integer, Boolean> named = new HashMap<>();
    for (int space : ask.spaces()) {
      for (String speaker : MemoryIndex.terms(base, MemoryIndex.WHO, MemoryIndex.prefix(space))) {
        boolean inQuestion = rawWords(speaker).stream().anyMatch(asked::contains);
        named.merge(MemoryIndex.speakerHash(speaker), inQuestion, Boolean::logicalOr);
      }
    }
    long count = named.values().stream().filter(b -> b).count();
    for (Candidate each : candidates) {
      if (count == 1 && named.getOrDefault(each.speaker, false)) {
        each.multiply("speaker", weights.speaker());
      }
      if (ask.said() != null && ask.said().holds(each.atSeconds)) {
        each.multiply("date", 1.25);
      }
    }
  }

  private static List<String> rawWords(String text) {
    return Arrays.stream(text.toLowerCase(java.util.Locale.ROOT).split("[^\\p{L}\\p{N}]+"))
        .filter(w -> !w.isEmpty())
        .toList();
  }

  private static void load(IndexSearcher base, List<Candidate> candidates) throws IOException {
    candidates.sort(Comparator.comparingInt(c -> c.doc));
    int[] docs = candidates.stream().mapToInt(c -> c.doc).toArray();
    long[] seq = values(base, docs, MemoryIndex.SEQ);
    long[] session = values(base, docs, MemoryIndex.SESSION_ID);
    long[] index = values(base, docs, MemoryIndex.INDEX);
    long[] at = values(base, docs, MemoryIndex.AT);
    long[] speaker = values(base, docs, MemoryIndex.SPEAKER);
    long[] print = values(base, docs, MemoryIndex.PRINT);
    for (int i = 0; i < docs.length; i++) {
      Candidate each = candidates.get(i);
      each.seq = seq[i];
      each.session = (int) session[i];
      each.index = (int) index[i];
      each.atSeconds = at[i];
      each.speaker = (int) speaker[i];
      each.print = print[i];
    }
  }

  /** One number a document; the documents in any order. */
  static long[] values(IndexSearcher searcher, int[] docs, String field) throws IOException {
    long[] found = new long[docs.length];
    Integer[] order = new Integer[docs.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparingInt(i -> docs[i]));
    List<LeafReaderContext> leaves = searcher.getIndexReader().leaves();
    int leaf = -1;
    @Nullable NumericDocValues values = null;
    for (int i : order) {
      int holder = ReaderUtil.subIndex(docs[i], leaves);
      if (holder != leaf || values == null) {
        leaf = holder;
        values = DocValues.getNumeric(leaves.get(leaf).reader(), field);
      }
      if (values.advanceExact(docs[i] - leaves.get(leaf).docBase)) {
        found[i] = values.longValue();
      }
    }
    return found;
  }

  /**
   * Counts as if the space were alone in the index: how rare a word is depends on the space's own
   * turns, and nothing of another tenant shows through the scores.
   */
  private static final class SpaceSearcher extends IndexSearcher {
    private final long documents;

    SpaceSearcher(IndexSearcher base, int space, String spaceField) throws IOException {
      super(base.getIndexReader());
      setQueryCache(null);
      setSimilarity(new BM25Similarity());
      documents =
          Math.max(
              1, base.getIndexReader().docFreq(new Term(spaceField, MemoryIndex.number(space))));
    }

    @Override
    public @Nullable CollectionStatistics collectionStatistics(String field) throws IOException {
      CollectionStatistics all = super.collectionStatistics(field);
      if (all == null) {
        return null;
      }
      long count = Math.min(documents, all.docCount());
      double share = (double) count / all.docCount();
      long postings = Math.max(count, Math.round(all.sumDocFreq() * share));
      return new CollectionStatistics(
          field,
          all.maxDoc(),
          Math.max(1, count),
          Math.max(postings, Math.round(all.sumTotalTermFreq() * share)),
          postings);
    }
  }
}
