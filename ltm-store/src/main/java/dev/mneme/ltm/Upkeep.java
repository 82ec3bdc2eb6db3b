package dev.mneme.ltm;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.FileTrees;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Turn;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import java.util.zip.ZipOutputStream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JacksonException;

/** Counting, comparing, moving and mending a store. Thread-safe. */
final class Upkeep {
  private static final Logger log = LoggerFactory.getLogger(Upkeep.class);
  private static final int PAGE = 1_000;
  private static final int MOST_PROBLEMS = 100;
  private static final String FORMAT = "mneme memory export";

  private final MemoryStoreConfig config;
  private final Engine engine;
  private final Ledger ledger;
  private final Journal journal;
  private final Follower follower;

  Upkeep(
      MemoryStoreConfig config, Engine engine, Ledger ledger, Journal journal, Follower follower) {
    this.config = config;
    this.engine = engine;
    this.ledger = ledger;
    this.journal = journal;
    this.follower = follower;
  }

  // ---- counting ----

  MemoryStats stats(Selection selection) {
    long sequence = engine.lastSequence();
    return engine.onReader(
        () ->
            ledger
                .jdbi()
                .withHandle(
                    handle -> {
                      Integer[] spaces =
                          Ledger.spaces(handle, selection).keySet().toArray(Integer[]::new);
                      Map<String, Object> turns =
                          handle
                              .createQuery(
                                  "select count(*) as n, sum(case when forgotten_at is null then 0"
                                      + " else 1 end) as gone, sum(case when echo or"
                                      + " length(content) < 4 then 1 else 0 end) as junk,"
                                      + " sum(length(content)) as chars from turn where space_id ="
                                      + " any(:p)")
                              .bind("p", spaces)
                              .mapToMap()
                              .one();
                      long distinct =
                          handle
                              .createQuery(
                                  "select count(*) from (select distinct space_id, simhash from"
                                      + " turn where space_id = any(:p))")
                              .bind("p", spaces)
                              .mapTo(Long.class)
                              .one();
                      Map<String, Long> facts = new LinkedHashMap<>();
                      handle
                          .createQuery(
                              "select status, count(*) from fact where replaced_at is null and"
                                  + " space_id = any(:p) group by status order by status")
                          .bind("p", spaces)
                          .map((row, context) -> Map.entry(row.getString(1), row.getLong(2)))
                          .forEach(entry -> facts.put(entry.getKey(), entry.getValue()));
                      long all = number(turns, "n");
                      long gone = number(turns, "gone");
                      long chars = number(turns, "chars");
                      Map<String, Long> bytes = new LinkedHashMap<>();
                      bytes.put("text", chars);
                      bytes.put("ledger", Files.size(ledger.file()));
                      bytes.put("journal", size(config.home().resolve("journal")));
                      bytes.put("index", follower.index().bytes());
                      long files =
                          bytes.getOrDefault("ledger", 0L)
                              + bytes.getOrDefault("journal", 0L)
                              + bytes.getOrDefault("index", 0L);
                      long allFacts = facts.values().stream().mapToLong(Long::longValue).sum();
                      long past =
                          facts.getOrDefault("SUPERSEDED", 0L) + facts.getOrDefault("ENDED", 0L);
                      return new MemoryStats(
                          sequence,
                          spaces.length,
                          count(handle, "session", spaces),
                          all - gone,
                          gone,
                          facts,
                          count(handle, "signal", spaces),
                          count(handle, "pair", spaces),
                          bytes,
                          all == 0 ? 0 : (files - chars) / (double) all,
                          share(number(turns, "junk"), all),
                          share(all - distinct, all),
                          share(past, allFacts));
                    }));
  }

  private static long count(org.jdbi.v3.core.Handle handle, String table, Integer[] spaces) {
    return handle
        .createQuery("select count(*) from " + table + " where space_id = any(:p)")
        .bind("p", spaces)
        .mapTo(Long.class)
        .one();
  }

  private static long number(Map<String, Object> row, String name) {
    return row.get(name) instanceof Number n ? n.longValue() : 0;
  }

  private static double share(long part, long all) {
    return all == 0 ? 0 : part / (double) all;
  }

  private static long size(Path dir) throws IOException {
    try (Stream<Path> files = Files.walk(dir)) {
      long sum = 0;
      for (Path each : files.filter(Files::isRegularFile).toList()) {
        sum += Files.size(each);
      }
      return sum;
    }
  }

  // ---- comparing ----

  Verification verify() {
    long upTo = engine.lastSequence();
    return engine.onReader(
        () -> {
          List<String> problems = new ArrayList<>();
          follower.await(upTo);
          long[] counts = compareJournal(upTo, problems);
          long[] turns = compareIndex(problems);
          return new Verification(
              problems.isEmpty(), upTo, counts[0], counts[1], turns[0], turns[1], problems);
        });
  }

  /** Both are in sequence, so they are merged like two sorted lists. */
  private long[] compareJournal(long upTo, List<String> problems) {
    Iterator<JournalEntry> stored = new LedgerEntries(ledger, upTo);
    long[] counts = new long[2];
    @Nullable JournalEntry[] next = {stored.hasNext() ? stored.next() : null};
    var notInJournal =
        new Gap(problems, "in the ledger and not in the journal: run `mneme memory recover`");
    var notInLedger =
        new Gap(
            problems,
            "in the journal and not in the ledger: close and open the memory, which brings the"
                + " ledger up to the journal; should that not mend it, run `mneme memory recover`");
    try {
      journal.read(
          0,
          entry -> {
            if (entry.seq() > upTo) {
              return;
            }
            counts[1]++;
            while (next[0] != null && next[0].seq() < entry.seq()) {
              notInJournal.add(next[0].seq());
              counts[0]++;
              next[0] = stored.hasNext() ? stored.next() : null;
            }
            JournalEntry here = next[0];
            if (here == null || here.seq() > entry.seq()) {
              notInLedger.add(entry.seq());
              return;
            }
            counts[0]++;
            if (!same(here, entry)) {
              problem(
                  problems,
                  "change "
                      + entry.seq()
                      + " differs between journal and ledger: run `mneme memory recover`, which"
                      + " believes the journal");
            }
            next[0] = stored.hasNext() ? stored.next() : null;
          });
    } catch (MemoryStoreException e) {
      // What comes behind the damage was not read, so nothing is said of it.
      problem(problems, String.valueOf(e.getMessage()));
      next[0] = null;
    }
    notInJournal.close();
    notInLedger.close();
    var notAtTheEnd =
        new Gap(
            problems,
            "in the ledger and not at the end of the journal: close and open the memory, which"
                + " completes the journal from the ledger");
    while (next[0] != null) {
      counts[0]++;
      notAtTheEnd.add(next[0].seq());
      next[0] = stored.hasNext() ? stored.next() : null;
    }
    notAtTheEnd.close();
    return counts;
  }

  /** Says of neighbouring changes in one line what is wrong with them. */
  private static final class Gap {
    private final List<String> problems;
    private final String what;
    private long first;
    private long last;

    Gap(List<String> problems, String what) {
      this.problems = problems;
      this.what = what;
    }

    void add(long seq) {
      if (first != 0 && seq != last + 1) {
        close();
      }
      if (first == 0) {
        first = seq;
      }
      last = seq;
    }

    void close() {
      if (first == last && first != 0) {
        problem(problems, "change " + first + " is " + what);
      } else if (first != 0) {
        problem(problems, "changes " + first + " to " + last + " are " + what);
      }
      first = 0;
    }
  }

  private static boolean same(JournalEntry a, JournalEntry b) {
    return a.change().equals(b.change())
        || Json.mapper()
            .writerFor(Change.class)
            .writeValueAsString(a.change())
            .equals(Json.mapper().writerFor(Change.class).writeValueAsString(b.change()));
  }

  private static void problem(List<String> problems, String what) {
    if (problems.size() < MOST_PROBLEMS) {
      problems.add(what);
    }
  }

  private long[] compareIndex(List<String> problems) throws IOException {
    long[] shown =
        ledger
            .jdbi()
            .withHandle(
                handle ->
                    handle
                        .createQuery(
                            "select t.seq from turn t where " + Ledger.SHOWN + " order by t.seq")
                        .mapTo(Long.class)
                        .list()
                        .stream()
                        .mapToLong(Long::longValue)
                        .toArray());
    long[] indexed = follower.index().sequences();
    if (!Arrays.equals(shown, indexed)) {
      Set<Long> have = new HashSet<>();
      for (long seq : indexed) {
        if (!have.add(seq)) {
          problem(
              problems,
              "turn " + seq + " is twice in the index: run `mneme memory" + " rebuild-index`");
        }
      }
      for (long seq : shown) {
        if (!have.remove(seq)) {
          problem(
              problems,
              "turn " + seq + " is not in the index: run `mneme memory" + " rebuild-index`");
        }
      }
      for (long seq : have) {
        problem(
            problems,
            "the index has turn "
                + seq
                + ", which it should not: run `mneme memory"
                + " rebuild-index`");
      }
    }
    return new long[] {shown.length, indexed.length};
  }

  long journalEntriesOf(String tenant, String user) {
    return engine.onReader(
        () -> {
          long[] count = {0};
          journal.read(
              0,
              entry -> {
                Owner owner = entry.change().owner();
                if (owner != null && owner.tenant().equals(tenant) && owner.user().equals(user)) {
                  count[0]++;
                }
              });
          return count[0];
        });
  }

  long indexedSpacesWithoutOwner() {
    return engine.onReader(
        () -> {
          Set<Integer> alive = ledger.jdbi().withHandle(Erasing::alive);
          follower.await(engine.lastSequence());
          return follower.index().terms(MemoryIndex.SPACE, "").stream()
              .filter(term -> !alive.contains(Integer.parseInt(term, 36)))
              .count();
        });
  }

  /** The ledger's changes in order, a page at a time. */
  private static final class LedgerEntries implements Iterator<JournalEntry> {
    private final Ledger ledger;
    private final long upTo;
    private List<JournalEntry> page = List.of();
    private int next;
    private long after;

    LedgerEntries(Ledger ledger, long upTo) {
      this.ledger = ledger;
      this.upTo = upTo;
    }

    @Override
    public boolean hasNext() {
      if (next >= page.size()) {
        page = ledger.jdbi().withHandle(handle -> Ledger.changes(handle, after, PAGE));
        next = 0;
      }
      return next < page.size() && page.get(next).seq() <= upTo;
    }

    @Override
    public JournalEntry next() {
      JournalEntry entry = page.get(next++);
      after = entry.seq();
      return entry;
    }
  }

  // ---- moving ----

  private record Header(String format, int version) {}

  private record Line(Instant at, Change change) {}

  Transfer export(Selection selection, Path file) {
    long upTo = engine.lastSequence();
    return engine.onReader(
        () -> {
          long count = 0;
          Path part = file.resolveSibling(file.getFileName() + ".part");
          try (Writer out = Files.newBufferedWriter(part, UTF_8)) {
            out.write(Json.mapper().writeValueAsString(new Header(FORMAT, 1)) + "\n");
            var entries = new LedgerEntries(ledger, upTo);
            while (entries.hasNext()) {
              JournalEntry each = entries.next();
              Owner owner = each.change().owner();
              if (owner == null
                  ? selection instanceof Selection.Everything
                  : selection.covers(owner)) {
                out.write(Json.mapper().writeValueAsString(new Line(each.at(), each.change())));
                out.write('\n');
                count++;
              }
            }
          } catch (IOException e) {
            throw new MemoryStoreException("cannot write " + file + ": " + e.getMessage(), true, e);
          }
          Files.move(part, file, StandardCopyOption.REPLACE_EXISTING);
          return new Transfer(count, 0, file.toString());
        });
  }

  Transfer importFrom(Path file) {
    long taken = 0;
    long skipped = 0;
    Map<Owner, Set<String>> known = new HashMap<>();
    try (BufferedReader in = Files.newBufferedReader(file, UTF_8)) {
      String first = in.readLine();
      if (first == null || !isHeader(first)) {
        throw new IllegalArgumentException(
            file
                + " is not an export of a memory: its first line should be "
                + Json.mapper().writeValueAsString(new Header(FORMAT, 1)));
      }
      List<Line> batch = new ArrayList<>();
      long number = 1;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        if (line.isBlank()) {
          continue;
        }
        Line parsed = parse(file, number, line);
        Owner owner = parsed.change().owner();
        if (owner == null) {
          skipped++;
          continue;
        }
        Set<String> have = known.computeIfAbsent(owner, this::fingerprints);
        if (!have.add(fingerprint(parsed))) {
          skipped++;
          continue;
        }
        batch.add(parsed);
        if (batch.size() == PAGE) {
          taken += takeOver(batch);
          batch.clear();
        }
      }
      taken += takeOver(batch);
    } catch (IOException e) {
      throw new MemoryStoreException("cannot read " + file + ": " + e.getMessage(), true, e);
    }
    return new Transfer(taken, skipped, file.toString());
  }

  private static boolean isHeader(String line) {
    try {
      return FORMAT.equals(Json.mapper().readValue(line, Header.class).format());
    } catch (JacksonException e) {
      return false;
    }
  }

  private static Line parse(Path file, long number, String line) {
    try {
      Line parsed = Json.mapper().readValue(line, Line.class);
      if (parsed.change() instanceof Change.TurnAdded added) {
        Admission.check(added.turn());
      }
      return parsed;
    } catch (JacksonException | IllegalArgumentException | NullPointerException e) {
      throw new IllegalArgumentException(
          file + ":" + number + ": not a change of a memory: " + e.getMessage(), e);
    }
  }

  private long takeOver(List<Line> lines) {
    if (lines.isEmpty()) {
      return 0;
    }
    List<Line> batch = List.copyOf(lines);
    return engine.write(
        0,
        transaction -> {
          for (Line each : batch) {
            if (each.change() instanceof Change.TurnAdded added) {
              Turn turn = added.turn();
              boolean taken =
                  Ledger.space(transaction.handle(), Owner.of(turn.scope()))
                      .flatMap(space -> Ledger.turn(transaction.handle(), space, turn.id()))
                      .isPresent();
              if (taken) {
                throw new IllegalArgumentException(
                    "turn "
                        + turn.id()
                        + " of "
                        + Owner.of(turn.scope())
                        + " is already here with other words; nothing of this batch was imported");
              }
            }
            transaction.append(each.change(), each.at());
          }
          return (long) batch.size();
        });
  }

  private Set<String> fingerprints(Owner owner) {
    return engine.read(
        handle -> {
          Set<String> found = new HashSet<>();
          var space = Ledger.space(handle, owner);
          if (space.isPresent()) {
            long after = 0;
            while (true) {
              List<JournalEntry> page = Ledger.changesOf(handle, space.get(), after, PAGE);
              for (JournalEntry each : page) {
                found.add(fingerprint(new Line(each.at(), each.change())));
                after = each.seq();
              }
              if (page.size() < PAGE) {
                break;
              }
            }
          }
          return found;
        });
  }

  private static String fingerprint(Line line) {
    return Hashes.sha256(Json.mapper().writeValueAsString(line));
  }

  // ---- copies ----

  /** On the writer's thread, so that nothing moves meanwhile. */
  void backup(Path zip) {
    engine.write(
        0,
        transaction -> {
          Path part = zip.resolveSibling(zip.getFileName() + ".part");
          Path inner = config.home().resolve("backup-ledger.zip");
          try {
            Files.deleteIfExists(inner);
            transaction.handle().execute("backup to '" + Erasing.quoted(inner) + "'");
            try (var out = new ZipOutputStream(Files.newOutputStream(part));
                var in = new ZipInputStream(Files.newInputStream(inner))) {
              for (ZipEntry each = in.getNextEntry(); each != null; each = in.getNextEntry()) {
                copy(out, "ledger.mv.db", in);
              }
              for (Path segment : journal.segments()) {
                try (InputStream lines = Files.newInputStream(segment)) {
                  copy(out, "journal/" + segment.getFileName(), lines);
                }
              }
              Path vault = config.home().resolve("vault");
              if (Files.exists(vault)) {
                try (InputStream salt = Files.newInputStream(vault)) {
                  copy(out, "vault", salt);
                }
              }
            }
            Files.move(part, zip, StandardCopyOption.REPLACE_EXISTING);
            return zip;
          } catch (IOException e) {
            throw new MemoryStoreException(
                "cannot write the backup " + zip + ": " + e.getMessage(), true, e);
          } finally {
            deleteQuietly(inner);
          }
        });
  }

  private static void copy(ZipOutputStream out, String name, InputStream in) throws IOException {
    out.putNextEntry(new ZipEntry(name));
    in.transferTo(out);
    out.closeEntry();
  }

  private static void deleteQuietly(Path file) {
    try {
      Files.deleteIfExists(file);
    } catch (IOException e) {
      throw new MemoryStoreException("cannot delete " + file, true, e);
    }
  }

  static void restore(Path zip, Path home) {
    try {
      if (Files.exists(home)) {
        try (Stream<Path> files = Files.list(home)) {
          if (files.findAny().isPresent()) {
            throw new IllegalArgumentException(
                home + " is not empty; restore a backup into a new directory");
          }
        }
      }
      Files.createDirectories(home);
      boolean ledger = false;
      try (var in = new ZipInputStream(Files.newInputStream(zip))) {
        for (ZipEntry each = in.getNextEntry(); each != null; each = in.getNextEntry()) {
          String name = each.getName();
          boolean ours =
              name.equals("ledger.mv.db")
                  || name.equals("vault")
                  || name.matches("journal/\\d{19}\\.jsonl");
          if (!ours) {
            throw new IllegalArgumentException(
                zip + " is not a backup of a memory: it holds " + name);
          }
          ledger |= name.equals("ledger.mv.db");
          Path file = home.resolve(name);
          Path parent = file.getParent();
          if (parent != null) {
            Files.createDirectories(parent);
          }
          try (OutputStream out = Files.newOutputStream(file)) {
            in.transferTo(out);
          }
        }
      }
      if (!ledger) {
        throw new IllegalArgumentException(zip + " is not a backup of a memory");
      }
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot restore " + zip + " into " + home + ": " + e.getMessage(), true, e);
    }
  }

  // ---- mending ----

  static void dropIndex(Path home) {
    Path index = home.resolve("index");
    try {
      FileTrees.delete(index);
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot delete the index " + index + ": " + e.getMessage(), true, e);
    }
  }

  /** What a journal and a ledger have together. */
  private record Merged(long changes, long journalOnly, long ledgerOnly, long damagedLines) {}

  /**
   * Gathers every change that journal or ledger has, believes the journal where both do, because
   * its lines have checksums, and makes anew what lacks some.
   */
  static Transfer recover(MemoryStoreConfig config) {
    Path home = config.home();
    Vault vault = Vault.open(home, config.passphrase());
    String aside = "-damaged-" + config.clock().instant().toEpochMilli();
    Path gathered = home.resolve("journal-gathered");
    try {
      FileTrees.delete(gathered);
      Merged merged;
      boolean readable;
      try (@Nullable Ledger ledger = readable(home, vault)) {
        readable = ledger != null;
        merged = merge(home, vault, ledger, gathered);
      }
      if (merged.changes() == 0 || !readable && merged.damagedLines() > 0) {
        FileTrees.delete(gathered);
        throw new MemoryStoreException(
            "the ledger of "
                + home
                + " cannot be read, and its journal "
                + (merged.changes() == 0
                    ? "has no change that can"
                    : "has " + merged.damagedLines() + " damaged lines")
                + "; restore a backup",
            false,
            null);
      }
      boolean journalWhole = merged.ledgerOnly() == 0 && merged.damagedLines() == 0;
      boolean ledgerWhole = readable && merged.journalOnly() == 0;
      if (journalWhole) {
        FileTrees.delete(gathered);
      } else {
        move(home, "journal", "journal" + aside);
        Files.move(gathered, home.resolve("journal"));
      }
      dropIndex(home);
      if (ledgerWhole && !journalWhole) {
        return new Transfer(merged.changes(), 0, "ledger");
      }
      move(home, "ledger.mv.db", "ledger" + aside + ".mv.db");
      try (Ledger ledger = Ledger.open(home, vault);
          Journal journal = Journal.open(home, vault);
          LedgerWriter writer = new LedgerWriter(ledger)) {
        Engine.catchUp(ledger, journal, writer);
      }
      return new Transfer(
          merged.changes(), 0, journalWhole ? "journal" : "journal and ledger together");
    } catch (IOException e) {
      throw new MemoryStoreException("cannot recover " + home + ": " + e.getMessage(), true, e);
    }
  }

  /** The ledger, when every change in it can be read; null otherwise. */
  private static @Nullable Ledger readable(Path home, Vault vault) {
    if (!Files.exists(home.resolve("ledger.mv.db"))) {
      return null;
    }
    @Nullable Ledger ledger = null;
    try {
      ledger = Ledger.open(home, vault);
      var all = new LedgerEntries(ledger, Long.MAX_VALUE);
      while (all.hasNext()) {
        all.next();
      }
      return ledger;
    } catch (RuntimeException e) {
      log.warn("the ledger of {} cannot be read ({}); the journal has to do", home, e.getMessage());
      if (ledger != null) {
        ledger.close();
      }
      return null;
    }
  }

  private static Merged merge(Path home, Vault vault, @Nullable Ledger ledger, Path into)
      throws IOException {
    Iterator<JournalEntry> stored =
        ledger == null
            ? List.<JournalEntry>of().iterator()
            : new LedgerEntries(ledger, Long.MAX_VALUE);
    @Nullable JournalEntry[] next = {stored.hasNext() ? stored.next() : null};
    long[] count = new long[3];
    List<JournalEntry> batch = new ArrayList<>();
    try (Journal out = Journal.openIn(into, vault)) {
      Consumer<JournalEntry> keep =
          entry -> {
            count[0]++;
            batch.add(entry);
            if (batch.size() == PAGE) {
              out.append(batch);
              batch.clear();
            }
          };
      long damaged =
          Journal.salvage(
              home,
              vault,
              entry -> {
                while (next[0] != null && next[0].seq() < entry.seq()) {
                  keep.accept(next[0]);
                  count[2]++;
                  next[0] = stored.hasNext() ? stored.next() : null;
                }
                if (next[0] != null && next[0].seq() == entry.seq()) {
                  next[0] = stored.hasNext() ? stored.next() : null;
                } else {
                  count[1]++;
                }
                keep.accept(entry);
              });
      while (next[0] != null) {
        keep.accept(next[0]);
        count[2]++;
        next[0] = stored.hasNext() ? stored.next() : null;
      }
      out.append(batch);
      return new Merged(count[0], count[1], count[2], damaged);
    }
  }

  private static void move(Path home, String from, String to) throws IOException {
    if (Files.exists(home.resolve(from))) {
      Files.move(home.resolve(from), home.resolve(to));
    }
  }
}
