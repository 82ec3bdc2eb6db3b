package dev.mneme.ltm;

import dev.mneme.data.FileTrees;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.h2.mvstore.MVStoreTool;
import org.jdbi.v3.core.Handle;

/**
 * Erasure in two steps: first the rows go in one transaction, marked by a change that names nobody;
 * then, with the engine closed, the files are rewritten so that no page, line or segment keeps the
 * words. A crash between the two is finished on the next opening.
 */
final class Erasing {
  private static final String PENDING = "erasing";

  private Erasing() {}

  /** What the first step removed. */
  record Marked(
      String subject,
      String salt,
      Instant at,
      long sequence,
      int turns,
      int facts,
      int signals,
      int pairs,
      List<String> checkpoints) {}

  static Marked mark(Committer.Transaction transaction, String tenant, String user) {
    Handle handle = transaction.handle();
    byte[] random = new byte[16];
    new SecureRandom().nextBytes(random);
    String salt = HexFormat.of().formatHex(random);
    Set<Integer> spaces = Ledger.spacesOfUser(handle, tenant, user).keySet();
    Set<String> checkpoints = new TreeSet<>();
    int turns = 0;
    int facts = 0;
    int signals = 0;
    int pairs = 0;
    for (int space : spaces) {
      turns += count(handle, "turn", space);
      facts += count(handle, "fact", space);
      signals += count(handle, "signal", space);
      pairs += count(handle, "pair", space);
      checkpoints.addAll(
          handle
              .createQuery("select distinct checkpoint from trained_on where space_id = :p")
              .bind("p", space)
              .mapTo(String.class)
              .list());
    }
    String subject = LedgerWriter.subject(salt, tenant, user);
    long sequence =
        transaction.append(new Change.Erased(subject, salt, turns, facts, signals, pairs));
    return new Marked(
        subject,
        salt,
        transaction.now(),
        sequence,
        turns,
        facts,
        signals,
        pairs,
        List.copyOf(checkpoints));
  }

  private static int count(Handle handle, String table, int space) {
    return handle
        .createQuery("select count(*) from " + table + " where space_id = :p")
        .bind("p", space)
        .mapTo(Integer.class)
        .one();
  }

  /** True when a crash came between the two steps. */
  static boolean pending(Path home) {
    return Files.exists(home.resolve(PENDING));
  }

  static boolean pending(Handle handle) {
    return Ledger.meta(handle, PENDING).isPresent();
  }

  /** Part of the erasing transaction. */
  static void begin(Handle handle) {
    Ledger.putMeta(handle, PENDING, "yes");
  }

  /** Rewrites journal, ledger and index without what was erased. The engine is closed. */
  static void purge(MemoryStoreConfig config) {
    Path home = config.home();
    Path marker = home.resolve(PENDING);
    try {
      Files.writeString(marker, "an erasure is being finished\n");
      Vault vault = Vault.open(home, config.passphrase());
      try (Ledger ledger = Ledger.open(home, vault);
          Journal journal = Journal.open(home, vault);
          LedgerWriter writer = new LedgerWriter(ledger)) {
        Engine.catchUp(ledger, journal, writer);
        List<Change.Erased> erased =
            ledger.jdbi().withHandle(handle -> Ledger.changesOf(handle, "erased")).stream()
                .map(entry -> (Change.Erased) entry.change())
                .toList();
        Map<Owner, Boolean> known = new LinkedHashMap<>();
        journal.rewrite(
            entry -> {
              Owner owner = entry.change().owner();
              return owner == null
                  || !known.computeIfAbsent(owner, o -> isErased(erased, o))
                  || isAlive(ledger, entry);
            });
        done(ledger);
      }
      compact(home, vault);
      dropCopies(home);
      Upkeep.dropIndex(home);
      Files.delete(marker);
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot finish the erasure in "
              + home
              + " ("
              + e.getMessage()
              + "); open the memory"
              + " again to retry",
          true,
          e);
    }
  }

  private static boolean isErased(List<Change.Erased> erased, Owner owner) {
    for (Change.Erased each : erased) {
      if (LedgerWriter.subject(each.salt(), owner.tenant(), owner.user()).equals(each.subject())) {
        return true;
      }
    }
    return false;
  }

  /** A person who came back after an erasure keeps what was said since. */
  private static boolean isAlive(Ledger ledger, JournalEntry entry) {
    return ledger
        .jdbi()
        .withHandle(
            handle ->
                handle
                        .createQuery("select count(*) from change_log where seq = :s")
                        .bind("s", entry.seq())
                        .mapTo(Integer.class)
                        .one()
                    > 0);
  }

  private static void done(Ledger ledger) {
    ledger
        .jdbi()
        .useHandle(
            handle -> {
              // The embedder may have been at work while the rows went.
              handle.execute("delete from vector where turn_seq not in (select seq from turn)");
              handle.execute("delete from meta where name = ?", PENDING);
            });
  }

  /** Makes the ledger's file anew from what lives. */
  private static void compact(Path home, Vault vault) throws IOException {
    Path file = home.resolve("ledger.mv.db");
    if (!vault.sealed()) {
      // Writes beside the file and renames, so a crash leaves one or the other.
      MVStoreTool.compact(file.toString(), false);
      return;
    }
    // The tool cannot read an encrypted file; the journal, already rewritten, holds everything.
    Files.delete(file);
    try (Ledger ledger = Ledger.open(home, vault);
        Journal journal = Journal.open(home, vault);
        LedgerWriter writer = new LedgerWriter(ledger)) {
      Engine.catchUp(ledger, journal, writer);
      done(ledger);
    }
  }

  /** What a recovery put aside, or a backup that was cut short left, holds the words still. */
  private static void dropCopies(Path home) throws IOException {
    try (Stream<Path> files = Files.list(home)) {
      for (Path each : files.toList()) {
        String name = each.getFileName().toString();
        if (name.matches("(ledger|journal)-damaged-.*|journal-gathered|backup-ledger\\.zip")) {
          FileTrees.delete(each);
        }
      }
    }
  }

  static String quoted(Path path) {
    return path.toAbsolutePath().toString().replace("'", "''");
  }

  /** Searches for what should be gone, here and elsewhere. */
  static ErasureReceipt prove(
      Engine engine,
      Marked marked,
      String tenant,
      String user,
      List<Erasable> elsewhere,
      Map<String, Erasable.Removed> removed) {
    Map<String, Integer> things = new LinkedHashMap<>();
    Set<String> checkpoints = new TreeSet<>(marked.checkpoints());
    removed.forEach(
        (name, what) -> {
          things.put(name, what.things());
          checkpoints.addAll(what.checkpoints());
        });
    Map<String, Long> left = new LinkedHashMap<>();
    left.put(
        "ledger", engine.read(handle -> (long) Ledger.spacesOfUser(handle, tenant, user).size()));
    left.put("journal", engine.upkeep().journalEntriesOf(tenant, user));
    left.put("index", engine.upkeep().indexedSpacesWithoutOwner());
    for (Erasable each : elsewhere) {
      left.put(each.name(), each.left(tenant, user));
    }
    return new ErasureReceipt(
        marked.subject(),
        marked.salt(),
        marked.at(),
        marked.sequence(),
        marked.turns(),
        marked.facts(),
        marked.signals(),
        marked.pairs(),
        things,
        List.copyOf(checkpoints),
        left);
  }

  static Set<Integer> alive(Handle handle) {
    return new HashSet<>(handle.createQuery("select id from space").mapTo(Integer.class).list());
  }
}
