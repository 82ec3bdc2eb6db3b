package dev.mneme.ltm;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.ReaderUtil;
import org.apache.lucene.index.Term;
import org.apache.lucene.search.BooleanClause;
import org.apache.lucene.search.BooleanQuery;
import org.apache.lucene.search.BoostQuery;
import org.apache.lucene.search.CollectionStatistics;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.KnnFloatVectorQuery;
import org.apache.lucene.search.Query;
import org.apache.lucene.search.ScoreDoc;
import org.apache.lucene.search.ScoreMode;
import org.apache.lucene.search.Scorer;
import org.apache.lucene.search.TermQuery;
import org.apache.lucene.search.TopDocs;
import org.apache.lucene.search.Weight;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.VectorUtil;
import org.jspecify.annotations.Nullable;

/**
 * Ranks the turns of some spaces for a question: BM25F over each turn and two neighbours on each
 * side, BM25 over what rules drew from it and over the stretch of the session around it, summed
 * with weights, then re-ranked by bounded factors that never filter.
 *
 * <p>Scores are summed and not fused by rank: on LoCoMo the sum finds seven points more of the
 * evidence at 5 than reciprocal rank fusion of four such views (docs/adr/0041).
 *
 * <p>Stateless and thread-safe.
 */
final class Recaller {
  private static final String WORDS = "words";
  private static final int MOST_TERMS = 64;

  /** Up to this many vectors of a space are compared one by one: exact, and as fast. */
  private static final int EXACT = 20_000;

  private final RecallWeights weights;
  private final Words words;
  private final int exact;

  Recaller(RecallWeights weights, Words words) {
    this(weights, words, EXACT);
  }

  Recaller(RecallWeights weights, Words words, int exact) {
    this.weights = weights;
    this.words = words;
    this.exact = exact;
  }

  /**
   * What to look for.
   *
   * @param spaces the spaces to search, the asker's own first
   * @param text the question
   * @param session only this session; null for all
   * @param fromSeconds only turns at or after; Long.MIN_VALUE for all
   * @param toSeconds only turns before; Long.MAX_VALUE for all
   * @param nowSeconds when it is asked
   * @param said when the question speaks of a time, that time; null otherwise
   * @param depth how many candidates
   * @param meaning the question's vector; null for none
   */
  record Ask(
      List<Integer> spaces,
      String text,
      @Nullable Integer session,
      long fromSeconds,
      long toSeconds,
      long nowSeconds,
      @Nullable TimeSpan said,
      int depth,
      @Nullable Meaning meaning) {
    Ask by(@Nullable Meaning vector) {
      return new Ask(
          spaces, text, session, fromSeconds, toSeconds, nowSeconds, said, depth, vector);
    }
  }

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
    long traits;
    long standing;
    double score;
    final LinkedHashMap<String, Double> parts = new LinkedHashMap<>();

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

  /** How many candidates a query needs so that thinning and exclusions leave enough. */
  int depth(MemoryQuery query) {
    int wanted = 4 * (query.limit() + query.exclude().size());
    return Math.max(weights.depth(), Math.min(4_000, wanted));
  }

  private record Near(Candidate candidate, float score) {}

  /** Candidates, best first. */
  List<Candidate> rank(IndexSearcher base, Ask ask) throws IOException {
    List<String> terms = terms(base, ask);
    if (terms.isEmpty() && ask.meaning() == null) {
      return List.of();
    }
    List<Candidate> candidates = new ArrayList<>();
    for (int space : ask.spaces()) {
      for (ScoreDoc each :
          search(base, ask, space, lexical(space, terms), MemoryIndex.SPACE).scoreDocs) {
        var candidate = new Candidate(each.doc, space);
        candidate.add(WORDS, each.score);
        candidates.add(candidate);
      }
    }
    load(base, candidates);
    stretches(base, ask, terms, candidates);
    if (ask.meaning() != null) {
      fuse(candidates, meanings(base, ask, ask.meaning()));
      load(base, candidates);
    }
    boost(base, ask, candidates);
    candidates.sort(
        Comparator.comparingDouble((Candidate c) -> -c.score).thenComparingLong(c -> c.seq));
    return candidates;
  }

  /**
   * The question's terms. A speaker's name in a question says whose words are wanted, and speakers
   * hardly ever name themselves; so such a name is left to the speaker boost, unless nothing else
   * is asked.
   */
  private List<String> terms(IndexSearcher base, Ask ask) throws IOException {
    Set<String> all = new LinkedHashSet<>(words.of(ask.text()));
    Set<String> content = new LinkedHashSet<>(all);
    for (int space : ask.spaces()) {
      for (String speaker : speakers(base, space)) {
        words.of(speaker).forEach(content::remove);
      }
    }
    return List.copyOf(content.isEmpty() ? all : content);
  }

  private static List<String> speakers(IndexSearcher base, int space) throws IOException {
    return MemoryIndex.terms(base, MemoryIndex.WHO, MemoryIndex.prefix(space));
  }

  /** One query over all views of a turn: the sum of its BM25 scores, weighted. */
  private Query lexical(int space, List<String> terms) {
    var any = new BooleanQuery.Builder();
    add(any, space, terms, MemoryIndex.OWN, weights.turn());
    add(any, space, terms, MemoryIndex.WORDS, weights.window());
    add(any, space, terms, MemoryIndex.FACTS, weights.facts());
    return any.build();
  }

  private static void add(
      BooleanQuery.Builder any, int space, List<String> terms, String field, double weight) {
    if (weight == 0) {
      return;
    }
    String prefix = MemoryIndex.prefix(space);
    // Beyond this many words a question is a document, and the first of it will do.
    for (String term : terms.subList(0, Math.min(MOST_TERMS, terms.size()))) {
      any.add(
          new BoostQuery(new TermQuery(new Term(field, prefix + term)), (float) weight),
          BooleanClause.Occur.SHOULD);
    }
  }

  private TopDocs search(IndexSearcher base, Ask ask, int space, Query words, String spaceField)
      throws IOException {
    Query query = filtered(ask, words, spaceField.equals(MemoryIndex.SPACE));
    return new SpaceSearcher(base, space, spaceField).search(query, ask.depth());
  }

  /** Only the wanted session and, of turns, the wanted time. */
  private static Query filtered(Ask ask, Query query, boolean turns) {
    boolean timed =
        turns && (ask.fromSeconds() != Long.MIN_VALUE || ask.toSeconds() != Long.MAX_VALUE);
    if (ask.session() == null && !timed) {
      return query;
    }
    var filtered = new BooleanQuery.Builder().add(query, BooleanClause.Occur.MUST);
    if (ask.session() != null) {
      filtered.add(
          new TermQuery(new Term(MemoryIndex.SESSION, MemoryIndex.number(ask.session()))),
          BooleanClause.Occur.FILTER);
    }
    if (timed) {
      filtered.add(
          NumericDocValuesField.newSlowRangeQuery(
              MemoryIndex.AT, ask.fromSeconds(), ask.toSeconds() - 1),
          BooleanClause.Occur.FILTER);
    }
    return filtered.build();
  }

  private void stretches(
      IndexSearcher base, Ask ask, List<String> terms, List<Candidate> candidates)
      throws IOException {
    if (weights.session() == 0) {
      return;
    }
    record Stretch(int session, int number) {}
    Map<Stretch, Float> scores = new HashMap<>();
    for (int space : ask.spaces()) {
      var any = new BooleanQuery.Builder();
      add(any, space, terms, MemoryIndex.STRETCH_TEXT, weights.session());
      ScoreDoc[] hits = search(base, ask, space, any.build(), MemoryIndex.STRETCH_SPACE).scoreDocs;
      int[] docs = Arrays.stream(hits).mapToInt(hit -> hit.doc).toArray();
      long[] sessions = values(base, docs, MemoryIndex.SESSION_ID);
      long[] numbers = values(base, docs, MemoryIndex.INDEX);
      for (int i = 0; i < hits.length; i++) {
        scores.put(new Stretch((int) sessions[i], (int) numbers[i]), hits[i].score);
      }
    }
    for (Candidate each : candidates) {
      Float score = scores.get(new Stretch(each.session, Indexer.stretch(each.index)));
      if (score != null) {
        each.add("session", score);
      }
    }
  }

  /** The turns nearest in meaning, nearest first: exactly for few vectors, by HNSW for many. */
  private List<Near> meanings(IndexSearcher base, Ask ask, Meaning meaning) throws IOException {
    List<Near> found = new ArrayList<>();
    for (int space : ask.spaces()) {
      Term mine = new Term(MemoryIndex.SPACE, MemoryIndex.number(space));
      Query within = filtered(ask, new TermQuery(mine), true);
      if (base.getIndexReader().docFreq(mine) > exact) {
        for (ScoreDoc each :
            base.search(
                    new KnnFloatVectorQuery(meaning.field(), meaning.vector(), ask.depth(), within),
                    ask.depth())
                .scoreDocs) {
          // Lucene shifts the product of unit vectors into [0, 1].
          found.add(new Near(new Candidate(each.doc, space), 2 * each.score - 1));
        }
        continue;
      }
      Weight weight = base.createWeight(base.rewrite(within), ScoreMode.COMPLETE_NO_SCORES, 1);
      for (LeafReaderContext leaf : base.getIndexReader().leaves()) {
        FloatVectorValues vectors = leaf.reader().getFloatVectorValues(meaning.field());
        Scorer scorer = weight.scorer(leaf);
        if (vectors == null || scorer == null) {
          continue;
        }
        Bits live = leaf.reader().getLiveDocs();
        KnnVectorValues.DocIndexIterator each = vectors.iterator();
        DocIdSetIterator docs = scorer.iterator();
        for (int doc = docs.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = docs.nextDoc()) {
          if ((live == null || live.get(doc))
              && (each.docID() == doc || each.docID() < doc && each.advance(doc) == doc)) {
            found.add(
                new Near(
                    new Candidate(leaf.docBase + doc, space),
                    VectorUtil.dotProduct(meaning.vector(), vectors.vectorValue(each.index()))));
          }
        }
      }
    }
    return found.stream()
        .sorted(Comparator.comparingDouble((Near near) -> -near.score()))
        .limit(ask.depth())
        .toList();
  }

  /**
   * Words and meaning have no common scale, so words are divided by their best and meaning is
   * stretched from the farthest turn that was looked at to the nearest: the vectors of a language
   * model all point much the same way, and what they share says nothing. The sum, and not the
   * ranks: ranks lie so close together that the bounded factors would decide.
   */
  private void fuse(List<Candidate> candidates, List<Near> nearest) {
    double bestWords = candidates.stream().mapToDouble(c -> c.score).max().orElse(0);
    Map<Integer, Candidate> byDoc = new HashMap<>();
    for (Candidate each : candidates) {
      each.multiply("of the best words", bestWords == 0 ? 1 : 1 / bestWords);
      byDoc.put(each.doc, each);
    }
    double best = nearest.isEmpty() ? 0 : nearest.getFirst().score();
    double least = nearest.isEmpty() ? 0 : Math.max(0, nearest.getLast().score());
    for (Near near : nearest) {
      if (near.score() <= 0) {
        break;
      }
      Candidate each = byDoc.get(near.candidate().doc);
      if (each == null) {
        each = near.candidate();
        candidates.add(each);
      }
      double share = best == least ? 1 : (near.score() - least) / (best - least);
      each.add("meaning", weights.vector() * share);
    }
  }

  private void boost(IndexSearcher base, Ask ask, List<Candidate> candidates) throws IOException {
    Set<String> asked = new LinkedHashSet<>(rawWords(ask.text()));
    Map<Integer, Boolean> named = new HashMap<>();
    for (int space : ask.spaces()) {
      for (String speaker : speakers(base, space)) {
        boolean inQuestion = rawWords(speaker).stream().anyMatch(asked::contains);
        named.merge(MemoryIndex.speakerHash(speaker), inQuestion, Boolean::logicalOr);
      }
    }
    boolean one = named.values().stream().filter(b -> b).count() == 1;
    Traits.Wanted wanted = Traits.Wanted.by(ask.text());
    for (Candidate each : candidates) {
      each.multiply("substance", Traits.substance(each.traits));
      each.multiply("statement", Traits.statement(each.traits));
      each.multiply("self", Traits.self(each.traits));
      each.multiply("kind", Traits.fits(each.traits, wanted));
      if (one && named.getOrDefault(each.speaker, false)) {
        each.multiply("speaker", weights.speaker());
      }
      if (ask.said() != null && ask.said().holds(each.atSeconds)) {
        each.multiply("date", weights.date());
      }
      boost(each, "recency", weights.recency(), Standing.recency(each.atSeconds, ask.nowSeconds()));
      boost(each, "frequency", weights.frequency(), Standing.frequency(each.standing));
      boost(
          each,
          "importance",
          weights.importance(),
          Standing.importance(each.standing, each.traits));
    }
  }

  /** From 1 for a strength of 0 to the whole boost for 1; a thousandth is not worth a line. */
  private static void boost(Candidate candidate, String part, double most, double strength) {
    double factor = 1 + (most - 1) * strength;
    if (factor >= 1.001) {
      candidate.multiply(part, factor);
    }
  }

  private static List<String> rawWords(String text) {
    return Arrays.stream(text.toLowerCase(Locale.ROOT).split("[^\\p{L}\\p{N}]+"))
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
    long[] traits = values(base, docs, MemoryIndex.TRAITS);
    long[] standing = values(base, docs, MemoryIndex.STANDING);
    for (int i = 0; i < docs.length; i++) {
      Candidate each = candidates.get(i);
      each.seq = seq[i];
      each.session = (int) session[i];
      each.index = (int) index[i];
      each.atSeconds = at[i];
      each.speaker = (int) speaker[i];
      each.print = print[i];
      each.traits = traits[i];
      each.standing = standing[i];
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
      setSimilarity(MemoryIndex.SIMILARITY);
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
