package dev.mneme.ltm;

import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.jdbi.v3.core.Handle;
import org.jspecify.annotations.Nullable;

/** One recall: from a query to its answer, on a reader's thread. */
final class Recalling {
  /** Roughly the characters of one token of English. */
  private static final int CHARS_PER_TOKEN = 4;

  private final Ledger ledger;
  private final Follower follower;
  private final Recaller recaller;
  private final @Nullable Embedding embedding;

  Recalling(Ledger ledger, Follower follower, Recaller recaller, @Nullable Embedding embedding) {
    this.embedding = embedding;
    this.ledger = ledger;
    this.follower = follower;
    this.recaller = recaller;
  }

  List<Recalled> recall(MemoryQuery query, long sequence, Instant now) throws IOException {
    if (query.text().isBlank()) {
      throw new IllegalArgumentException("the question is empty; recall needs at least one word");
    }
    Admission.checkText("the question", query.text());
    follower.await(sequence);
    Handle handle = ledger.jdbi().open();
    try (handle) {
      return answer(handle, query, query.now() == null ? now : query.now());
    }
  }

  private List<Recalled> answer(Handle handle, MemoryQuery query, Instant now) throws IOException {
    Map<Integer, Recalled.Source> spaces = spaces(handle, query);
    if (spaces.isEmpty()) {
      return List.of();
    }
    @Nullable Integer session = null;
    if (query.reach() == MemoryQuery.Reach.SESSION) {
      Optional<Integer> known =
          Ledger.session(handle, spaces.keySet().iterator().next(), query.scope().session());
      if (known.isEmpty()) {
        return List.of();
      }
      session = known.get();
    }
    var ask =
        new Recaller.Ask(
            List.copyOf(spaces.keySet()),
            query.text(),
            session,
            query.from() == null ? Long.MIN_VALUE : query.from().getEpochSecond(),
            query.to() == null ? Long.MAX_VALUE : query.to().getEpochSecond(),
            now.getEpochSecond(),
            QuestionTime.of(query.text(), now),
            recaller.depth(query),
            null);
    if (query.asOf() != null) {
      return asOf(handle, query, ask, spaces, query.asOf());
    }
    Embedding.Search<List<Recaller.Candidate>> search =
        meaning ->
            follower
                .index()
                .search(searcher -> choose(query, recaller.rank(searcher, ask.by(meaning))));
    List<Recaller.Candidate> kept =
        embedding == null ? search.by(null) : embedding.search(query.text(), search);
    return load(handle, query, spaces, kept);
  }

  /**
   * The memory as it stood: an index in memory of exactly the turns that recall would have seen.
   * Slow for large memories, and rarely asked.
   */
  private List<Recalled> asOf(
      Handle handle,
      MemoryQuery query,
      Recaller.Ask ask,
      Map<Integer, Recalled.Source> spaces,
      Instant then)
      throws IOException {
    try (MemoryIndex past = MemoryIndex.open(null, "past")) {
      var indexer = new Indexer(past, new Words());
      for (int space : spaces.keySet()) {
        indexer.past(space, Ledger.asOf(handle, space, then));
      }
      past.refresh();
      List<Recaller.Candidate> kept =
          past.search(searcher -> choose(query, recaller.rank(searcher, ask)));
      return load(handle, query, spaces, kept);
    }
  }

  private static Map<Integer, Recalled.Source> spaces(Handle handle, MemoryQuery query) {
    Map<Integer, Recalled.Source> found = new LinkedHashMap<>();
    Owner owner = Owner.of(query.scope());
    switch (query.reach()) {
      case SESSION, AGENT ->
          Ledger.space(handle, owner)
              .ifPresent(space -> found.put(space, new Recalled.Source.Own()));
      case USER ->
          Ledger.spacesOfUser(handle, owner.tenant(), owner.user())
              .keySet()
              .forEach(space -> found.put(space, new Recalled.Source.Own()));
    }
    for (String name : query.collections()) {
      int collection = Sharing.requireGrant(handle, owner, name, false);
      found.put(collection, new Recalled.Source.Shared(name));
    }
    return found;
  }

  /** The best, without those that a better one repeats; a few more than wanted. */
  private static List<Recaller.Candidate> choose(
      MemoryQuery query, List<Recaller.Candidate> ranked) {
    boolean sessions = query.granularity() == MemoryQuery.Granularity.SESSION;
    List<Recaller.Candidate> kept = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    int wanted = query.limit() + query.exclude().size();
    for (Recaller.Candidate each : ranked) {
      if (kept.size() >= wanted) {
        break;
      }
      if (sessions ? seen.add(each.session) : fresh(kept, each)) {
        kept.add(each);
      }
    }
    return kept;
  }

  private static List<Recalled> load(
      Handle handle,
      MemoryQuery query,
      Map<Integer, Recalled.Source> spaces,
      List<Recaller.Candidate> kept) {
    Map<Long, TurnRow> rows =
        Ledger.turns(handle, kept.stream().map(candidate -> candidate.seq).toList());
    Map<String, List<Fact>> facts = facts(handle, rows.values());
    List<Recalled> answer = new ArrayList<>();
    long budget = query.tokenBudget() == 0 ? Long.MAX_VALUE : query.tokenBudget();
    for (Recaller.Candidate each : kept) {
      TurnRow row = rows.get(each.seq);
      if (row == null
          || query.asOf() == null && !row.live()
          || query.exclude().contains(row.id())) {
        continue;
      }
      long tokens = 1 + row.content().length() / CHARS_PER_TOKEN;
      if (tokens > budget) {
        continue;
      }
      budget -= tokens;
      answer.add(
          new Recalled(
              row.id(),
              row.seq(),
              row.owner().session(row.session()),
              row.speaker(),
              row.role(),
              TurnRow.instant(row.atNanos()),
              row.content(),
              each.score,
              each.parts,
              spaces.getOrDefault(each.space, new Recalled.Source.Own()),
              facts.getOrDefault(row.spaceId() + "/" + row.id(), List.of())));
      if (answer.size() == query.limit()) {
        break;
      }
    }
    return answer;
  }

  /** Current facts by space and source turn. */
  private static Map<String, List<Fact>> facts(Handle handle, Collection<TurnRow> rows) {
    Map<Integer, List<String>> bySpace = new HashMap<>();
    for (TurnRow row : rows) {
      bySpace.computeIfAbsent(row.spaceId(), s -> new ArrayList<>()).add(row.id());
    }
    Map<String, List<Fact>> found = new HashMap<>();
    for (var each : bySpace.entrySet()) {
      for (Fact fact :
          Ledger.factsOf(handle, each.getKey(), each.getValue().toArray(String[]::new))) {
        found
            .computeIfAbsent(each.getKey() + "/" + fact.sourceTurn(), k -> new ArrayList<>())
            .add(fact);
      }
    }
    return found;
  }

  /** False when a better hit says the same. */
  private static boolean fresh(List<Recaller.Candidate> kept, Recaller.Candidate candidate) {
    for (Recaller.Candidate each : kept) {
      if (SimHash.near(each.print, candidate.print)) {
        return false;
      }
    }
    return true;
  }
}
