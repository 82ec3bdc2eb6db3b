package dev.mneme.ltm;

import java.io.EOFException;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.lucene.document.Document;
import org.apache.lucene.document.Field;
import org.apache.lucene.document.FieldType;
import org.apache.lucene.document.KnnFloatVectorField;
import org.apache.lucene.document.NumericDocValuesField;
import org.apache.lucene.document.StringField;
import org.apache.lucene.index.CorruptIndexException;
import org.apache.lucene.index.DirectoryReader;
import org.apache.lucene.index.DocValues;
import org.apache.lucene.index.FieldInfo;
import org.apache.lucene.index.FloatVectorValues;
import org.apache.lucene.index.IndexFormatTooNewException;
import org.apache.lucene.index.IndexFormatTooOldException;
import org.apache.lucene.index.IndexOptions;
import org.apache.lucene.index.IndexWriter;
import org.apache.lucene.index.IndexWriterConfig;
import org.apache.lucene.index.KnnVectorValues;
import org.apache.lucene.index.LeafReader;
import org.apache.lucene.index.LeafReaderContext;
import org.apache.lucene.index.MultiTerms;
import org.apache.lucene.index.NumericDocValues;
import org.apache.lucene.index.PostingsEnum;
import org.apache.lucene.index.Term;
import org.apache.lucene.index.Terms;
import org.apache.lucene.index.TermsEnum;
import org.apache.lucene.index.TieredMergePolicy;
import org.apache.lucene.index.VectorSimilarityFunction;
import org.apache.lucene.search.DocIdSetIterator;
import org.apache.lucene.search.IndexSearcher;
import org.apache.lucene.search.SearcherManager;
import org.apache.lucene.search.similarities.BM25Similarity;
import org.apache.lucene.search.similarities.PerFieldSimilarityWrapper;
import org.apache.lucene.search.similarities.Similarity;
import org.apache.lucene.store.AlreadyClosedException;
import org.apache.lucene.store.ByteBuffersDirectory;
import org.apache.lucene.store.Directory;
import org.apache.lucene.store.FSDirectory;
import org.apache.lucene.util.Bits;
import org.apache.lucene.util.BytesRef;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The Lucene index: one document a turn, one a stretch of a session, nothing that the ledger does
 * not know better.
 *
 * <p>Every term carries its space's number, so that spaces share files but no words. Texts are
 * indexed and not stored. The commit's user data says up to which change the index is a function of
 * which ledger, by which recipe; {@link #fits} decides whether it can be used.
 *
 * <p>Threads: one writer (the indexer), many readers.
 */
final class MemoryIndex implements AutoCloseable {
  /** Change it with every change to the documents' shape. */
  static final String SCHEMA = "2";

  /** Turns of a session that share one session document. */
  static final int STRETCH = 64;

  static final String KEY = "k";
  static final String SPACE = "p";
  static final String STRETCH_SPACE = "q";
  static final String SESSION = "s";
  static final String WHO = "who";
  static final String OWN = "t";
  static final String WORDS = "w";
  static final String FACTS = "f";
  static final String STRETCH_TEXT = "c";
  static final String SEQ = "seq";
  static final String SESSION_ID = "sid";
  static final String INDEX = "i";
  static final String AT = "at";
  static final String SPEAKER = "spk";
  static final String PRINT = "sim";
  static final String TRAITS = "is";
  static final String STANDING = "fs";

  private static final FieldType TEXT = new FieldType();

  static {
    TEXT.setTokenized(true);
    TEXT.setIndexOptions(IndexOptions.DOCS_AND_FREQS);
    TEXT.freeze();
  }

  /**
   * BM25 of each field. The words of a turn count three times, its neighbours' twice and once
   * (BM25F: Robertson, Zaragoza and Taylor, "Simple BM25 extension to multiple weighted fields",
   * 2004), so saturation sets in later there.
   */
  static final Similarity SIMILARITY =
      new PerFieldSimilarityWrapper() {
        private final Similarity weighted = new BM25Similarity(3, 0.75f);
        private final Similarity plain = new BM25Similarity(1.2f, 0.75f);

        @Override
        public Similarity get(String field) {
          return field.equals(WORDS) ? weighted : plain;
        }
      };

  /**
   * What a commit says about itself.
   *
   * @param applied the last change in the index
   * @param schema shape of the documents
   * @param words recipe of the terms
   * @param store the ledger's own id
   * @param embedders whose vectors stand in which field, a line each
   */
  record Stamp(long applied, String schema, String words, String store, Set<String> embedders) {
    static final Stamp NONE = new Stamp(-1, "", "", "", Set.of());
  }

  /** A turn to be indexed: counted terms of itself, of its window and of its facts. */
  record TurnDoc(
      int space,
      int session,
      long seq,
      int index,
      long atSeconds,
      String speaker,
      long print,
      long traits,
      long standing,
      Map<String, Integer> own,
      Map<String, Integer> words,
      Map<String, Integer> facts,
      Map<String, float[]> vectors,
      @Nullable String keyPrefix) {}

  private static final Logger log = LoggerFactory.getLogger(MemoryIndex.class);

  /** Indexes open and searchers acquired in this process. */
  private static final AtomicLong OPEN = new AtomicLong();

  private final Directory directory;
  private final IndexWriter writer;
  private final SearcherManager searchers;
  private final String store;
  private final Object refresh = new Object();
  private final AtomicLong changed = new AtomicLong();
  private volatile long refreshed;
  private volatile boolean closed;
  private Stamp stamp;

  private MemoryIndex(Directory directory, String store) throws IOException {
    this.directory = directory;
    this.store = store;
    var config = new IndexWriterConfig();
    config.setSimilarity(SIMILARITY);
    config.setRAMBufferSizeMB(64);
    config.setCommitOnClose(false);
    var merges = new TieredMergePolicy();
    merges.setDeletesPctAllowed(20);
    config.setMergePolicy(merges);
    this.writer = new IndexWriter(directory, config);
    this.stamp = readStamp();
    this.searchers = new SearcherManager(writer, null);
    OPEN.incrementAndGet();
  }

  /**
   * Opens the index in a directory, or in memory when {@code dir} is null. A damaged one, or one of
   * another version, is emptied, because everything in it comes from the ledger: then {@link #fits}
   * is false and the caller fills it.
   */
  static MemoryIndex open(@Nullable Path dir, String store) {
    try {
      if (dir == null) {
        return new MemoryIndex(new ByteBuffersDirectory(), store);
      }
      try {
        return new MemoryIndex(FSDirectory.open(dir), store);
      } catch (CorruptIndexException
          | IndexFormatTooNewException
          | IndexFormatTooOldException
          | NoSuchFileException
          | FileNotFoundException
          | EOFException e) {
        log.warn("the index {} is made anew from the ledger: {}", dir, e.getMessage());
        empty(dir);
        return new MemoryIndex(FSDirectory.open(dir), store);
      }
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot open the index "
              + dir
              + " ("
              + e.getMessage()
              + "); the ledger is whole: make room or the folder writable, and open it again",
          false,
          e);
    }
  }

  private static void empty(Path dir) throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      for (Path each : files.toList()) {
        Files.delete(each);
      }
    }
  }

  /**
   * True when the index was made from this ledger by this recipe and is not ahead of it.
   *
   * @param embedders the generations of vectors the ledger knows, see {@link Stamp}
   */
  boolean fits(long lastSequence, Set<String> embedders) {
    return stamp.applied() >= 0
        && stamp.applied() <= lastSequence
        && stamp.schema().equals(SCHEMA)
        && stamp.words().equals(Words.ID)
        && stamp.store().equals(store)
        && embedders.containsAll(stamp.embedders());
  }

  long committed() {
    return stamp.applied();
  }

  static String prefix(int space) {
    return Integer.toString(space, 36) + "|";
  }

  static String number(int n) {
    return Integer.toString(n, 36);
  }

  static String turnKey(long seq) {
    return "t" + Long.toString(seq, 36);
  }

  static int speakerHash(String speaker) {
    return speaker.strip().toLowerCase(Locale.ROOT).hashCode();
  }

  void put(TurnDoc turn) throws IOException {
    String prefix = prefix(turn.space());
    String key =
        turn.keyPrefix() == null
            ? turnKey(turn.seq())
            : turn.keyPrefix() + Long.toString(turn.seq(), 36);
    var doc = new Document();
    doc.add(new StringField(KEY, key, Field.Store.NO));
    doc.add(new StringField(SPACE, number(turn.space()), Field.Store.NO));
    doc.add(new StringField(SESSION, number(turn.session()), Field.Store.NO));
    doc.add(new StringField(WHO, prefix + turn.speaker().strip(), Field.Store.NO));
    doc.add(new Field(OWN, new TermStream(prefix, turn.own()), TEXT));
    doc.add(new Field(WORDS, new TermStream(prefix, turn.words()), TEXT));
    if (!turn.facts().isEmpty()) {
      doc.add(new Field(FACTS, new TermStream(prefix, turn.facts()), TEXT));
    }
    doc.add(new NumericDocValuesField(SEQ, turn.seq()));
    doc.add(new NumericDocValuesField(SESSION_ID, turn.session()));
    doc.add(new NumericDocValuesField(INDEX, turn.index()));
    doc.add(new NumericDocValuesField(AT, turn.atSeconds()));
    doc.add(new NumericDocValuesField(SPEAKER, speakerHash(turn.speaker())));
    doc.add(new NumericDocValuesField(PRINT, turn.print()));
    doc.add(new NumericDocValuesField(TRAITS, turn.traits()));
    doc.add(new NumericDocValuesField(STANDING, turn.standing()));
    turn.vectors()
        .forEach(
            (field, vector) ->
                doc.add(
                    new KnnFloatVectorField(field, vector, VectorSimilarityFunction.DOT_PRODUCT)));
    writer.updateDocument(new Term(KEY, key), doc);
    changed.incrementAndGet();
  }

  /** Indexes a stretch of a session, or removes it when it has no words. */
  void putStretch(int space, int session, int number, Map<String, Integer> words)
      throws IOException {
    String key = "s" + number(session) + "." + number(number);
    changed.incrementAndGet();
    if (words.isEmpty()) {
      writer.deleteDocuments(new Term(KEY, key));
      return;
    }
    var doc = new Document();
    doc.add(new StringField(KEY, key, Field.Store.NO));
    doc.add(new StringField(STRETCH_SPACE, number(space), Field.Store.NO));
    doc.add(new StringField(SESSION, number(session), Field.Store.NO));
    doc.add(new Field(STRETCH_TEXT, new TermStream(prefix(space), words), TEXT));
    doc.add(new NumericDocValuesField(SESSION_ID, session));
    doc.add(new NumericDocValuesField(INDEX, number));
    writer.updateDocument(new Term(KEY, key), doc);
  }

  void delete(String key) throws IOException {
    writer.deleteDocuments(new Term(KEY, key));
    changed.incrementAndGet();
  }

  /** Removes every document of the spaces that are gone. */
  void keepSpaces(Predicate<Integer> alive) throws IOException {
    for (String field : List.of(SPACE, STRETCH_SPACE)) {
      for (String term : terms(field, "")) {
        if (!alive.test(Integer.parseInt(term, 36))) {
          writer.deleteDocuments(new Term(field, term));
          changed.incrementAndGet();
        }
      }
    }
  }

  /** The distinct terms of a field that start with a prefix, without it, in order. */
  List<String> terms(String field, String prefix) throws IOException {
    refresh();
    return search(searcher -> terms(searcher, field, prefix));
  }

  static List<String> terms(IndexSearcher searcher, String field, String prefix)
      throws IOException {
    List<String> found = new ArrayList<>();
    var terms = MultiTerms.getTerms(searcher.getIndexReader(), field);
    if (terms == null) {
      return found;
    }
    TermsEnum each = terms.iterator();
    if (each.seekCeil(new BytesRef(prefix)) == TermsEnum.SeekStatus.END) {
      return found;
    }
    for (BytesRef term = each.term(); term != null; term = each.next()) {
      String text = term.utf8ToString();
      if (!text.startsWith(prefix)) {
        break;
      }
      found.add(text.substring(prefix.length()));
    }
    return found;
  }

  /** The turns in the index by sequence, sorted, without copies in shared collections. */
  long[] sequences() throws IOException {
    refresh();
    return search(
        searcher -> {
          List<Long> found = new ArrayList<>();
          for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
            LeafReader reader = leaf.reader();
            Terms keys = reader.terms(KEY);
            if (keys == null) {
              continue;
            }
            TermsEnum each = keys.iterator();
            @Nullable PostingsEnum postings = null;
            Bits live = reader.getLiveDocs();
            for (BytesRef key = each.next(); key != null; key = each.next()) {
              String text = key.utf8ToString();
              if (text.startsWith("t")) {
                postings = each.postings(postings, PostingsEnum.NONE);
                for (int doc = postings.nextDoc();
                    doc != DocIdSetIterator.NO_MORE_DOCS;
                    doc = postings.nextDoc()) {
                  if (live == null || live.get(doc)) {
                    found.add(Long.parseLong(text.substring(1), 36));
                  }
                }
              }
            }
          }
          return found.stream().mapToLong(Long::longValue).sorted().toArray();
        });
  }

  /** The turns that have a vector in a field, in their own document or a shared one. */
  Set<Long> withVectors(String field) throws IOException {
    refresh();
    return search(
        searcher -> {
          Set<Long> found = new HashSet<>();
          for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
            collectWithVectors(leaf.reader(), field, found);
          }
          return found;
        });
  }

  /** The turns that have a vector in any field but this one. */
  List<Long> withOtherVectors(String field) throws IOException {
    refresh();
    return search(
        searcher -> {
          Set<Long> found = new TreeSet<>();
          for (LeafReaderContext leaf : searcher.getIndexReader().leaves()) {
            for (FieldInfo each : leaf.reader().getFieldInfos()) {
              if (each.hasVectorValues() && !each.name.equals(field)) {
                collectWithVectors(leaf.reader(), each.name, found);
              }
            }
          }
          return List.copyOf(found);
        });
  }

  private static void collectWithVectors(LeafReader reader, String field, Set<Long> found)
      throws IOException {
    FloatVectorValues vectors = reader.getFloatVectorValues(field);
    if (vectors == null) {
      return;
    }
    Bits live = reader.getLiveDocs();
    NumericDocValues sequences = DocValues.getNumeric(reader, SEQ);
    KnnVectorValues.DocIndexIterator each = vectors.iterator();
    for (int doc = each.nextDoc(); doc != DocIdSetIterator.NO_MORE_DOCS; doc = each.nextDoc()) {
      if ((live == null || live.get(doc)) && sequences.advanceExact(doc)) {
        found.add(sequences.longValue());
      }
    }
  }

  void clear() throws IOException {
    writer.deleteAll();
    changed.incrementAndGet();
  }

  /** Makes everything up to a change durable. */
  void commit(long applied, Set<String> embedders, Steps steps) throws IOException {
    var data = new HashMap<String, String>();
    data.put("applied", Long.toString(applied));
    data.put("schema", SCHEMA);
    data.put("words", Words.ID);
    data.put("store", store);
    data.put("embedders", String.join("\n", embedders));
    writer.setLiveCommitData(data.entrySet());
    writer.prepareCommit();
    steps.reached("index-prepared");
    writer.commit();
    steps.reached("index-committed");
    stamp = new Stamp(applied, SCHEMA, Words.ID, store, Set.copyOf(embedders));
  }

  /** Makes what was put visible to searches that begin later. */
  void refresh() throws IOException {
    if (refreshed == changed.get()) {
      return;
    }
    synchronized (refresh) {
      long upTo = changed.get();
      if (refreshed != upTo) {
        searchers.maybeRefreshBlocking();
        refreshed = upTo;
      }
    }
  }

  /** A question asked of one consistent view; what it returns must not hold on to the searcher. */
  interface Question<T> {
    T ask(IndexSearcher searcher) throws IOException;
  }

  <T> T search(Question<T> question) throws IOException {
    if (closed) {
      throw new AlreadyClosedException("the memory is closed");
    }
    IndexSearcher searcher = searchers.acquire();
    OPEN.incrementAndGet();
    try {
      return question.ask(searcher);
    } finally {
      searchers.release(searcher);
      OPEN.decrementAndGet();
    }
  }

  /** Indexes open and searchers acquired in this process; zero when every store is closed. */
  static long openSearchers() {
    return OPEN.get();
  }

  /** Bytes of its files. */
  long bytes() throws IOException {
    long sum = 0;
    for (String file : directory.listAll()) {
      sum += directory.fileLength(file);
    }
    return sum;
  }

  private Stamp readStamp() throws IOException {
    if (!DirectoryReader.indexExists(directory)) {
      return Stamp.NONE;
    }
    Map<String, String> data = new HashMap<>();
    for (Map.Entry<String, String> each : writer.getLiveCommitData()) {
      data.put(each.getKey(), each.getValue());
    }
    try {
      return new Stamp(
          Long.parseLong(data.getOrDefault("applied", "-1")),
          data.getOrDefault("schema", ""),
          data.getOrDefault("words", ""),
          data.getOrDefault("store", ""),
          data.getOrDefault("embedders", "").lines().collect(Collectors.toUnmodifiableSet()));
    } catch (NumberFormatException e) {
      return Stamp.NONE;
    }
  }

  @Override
  public void close() throws IOException {
    if (closed) {
      return;
    }
    closed = true;
    OPEN.decrementAndGet();
    searchers.close();
    writer.close();
    directory.close();
  }
}
