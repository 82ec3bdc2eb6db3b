package dev.mneme.cli;

import com.google.errorprone.annotations.FormatMethod;
import com.google.errorprone.annotations.FormatString;
import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.data.Message;
import dev.mneme.data.Turn;
import dev.mneme.ltm.ErasureReceipt;
import dev.mneme.ltm.Fact;
import dev.mneme.ltm.FactQuery;
import dev.mneme.ltm.HistoryEntry;
import dev.mneme.ltm.MemoryQuery;
import dev.mneme.ltm.MemoryStats;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreException;
import dev.mneme.ltm.Owner;
import dev.mneme.ltm.Recalled;
import dev.mneme.ltm.Receipt;
import dev.mneme.ltm.Selection;
import dev.mneme.ltm.SessionSummary;
import dev.mneme.ltm.Transfer;
import dev.mneme.ltm.Verification;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The long-term memory from the command line: one method a command. */
@Command(
    name = "memory",
    description = "Search, inspect, mend, move and erase the long-term memory.")
final class MemoryCommand extends GroupCommand {
  private static final String NOTES = "notes";

  @Command(name = "search", description = "Find what was said about something.")
  int search(
      @Parameters(paramLabel = "QUESTION", arity = "1..*") List<String> words,
      @Option(names = "--limit", defaultValue = "5") int limit,
      @Option(names = "--sessions", description = "Whole sessions instead of turns.")
          boolean sessions,
      @Option(names = "--explain", description = "Show the parts of every score.") boolean explain,
      @Option(names = "--as-of", paramLabel = "TIME", description = "The memory as it stood then.")
          @Nullable Instant asOf,
      @Option(names = "--json") boolean json) {
    MemoryQuery query =
        MemoryQuery.of(owner().session(NOTES), String.join(" ", words), limit)
            .withReach(MemoryQuery.Reach.AGENT)
            .withGranularity(
                sessions ? MemoryQuery.Granularity.SESSION : MemoryQuery.Granularity.TURN);
    MemoryQuery asked = asOf == null ? query : query.withAsOf(asOf);
    List<Recalled> found = with(memory -> memory.recall(asked));
    if (json) {
      Output.json(spec, found);
      return ExitCodes.OK;
    }
    for (Recalled each : found) {
      print("[%s] %s %s: %s", each.id(), each.date(), each.speaker(), oneLine(each.text()));
      if (explain) {
        var parts = new StringBuilder(String.format(Locale.ROOT, "    score %.3f", each.score()));
        each.breakdown()
            .forEach(
                (name, value) ->
                    parts
                        .append(", ")
                        .append(name)
                        .append(String.format(Locale.ROOT, " %.3f", value)));
        print("%s", parts);
      }
    }
    if (found.isEmpty()) {
      note("nothing found");
    }
    return ExitCodes.OK;
  }

  @Command(
      name = "show",
      description = "List sessions and facts; a session's turns when it is named.")
  int show(
      @Parameters(paramLabel = "SESSION", arity = "0..1") @Nullable String session,
      @Option(names = "--json") boolean json) {
    if (session != null) {
      List<Turn> turns = with(memory -> memory.session(owner().session(session)).turns());
      if (json) {
        Output.json(spec, turns);
      } else {
        turns.forEach(
            turn ->
                print(
                    "[%s] %s %s: %s",
                    turn.id(), turn.at(), turn.speaker(), oneLine(turn.message().content())));
      }
      return ExitCodes.OK;
    }
    record Shown(List<SessionSummary> sessions, List<Fact> facts) {}
    Shown shown =
        with(
            memory ->
                new Shown(memory.sessions(owner()), memory.facts(owner(), FactQuery.current())));
    if (json) {
      Output.json(spec, shown);
      return ExitCodes.OK;
    }
    shown
        .sessions()
        .forEach(
            each ->
                print(
                    "%s  %d turns, last %s  %s",
                    each.scope().session(), each.turns(), each.lastAt(), oneLine(each.opening())));
    shown
        .facts()
        .forEach(
            each ->
                print(
                    "[%s] %s %s: %s (said %d times, confidence %.2f)",
                    each.id(),
                    each.subject(),
                    each.attribute(),
                    each.value(),
                    each.frequency(),
                    each.confidence()));
    return ExitCodes.OK;
  }

  @Command(name = "history", description = "The latest changes, or those of one turn or fact.")
  int history(
      @Parameters(paramLabel = "ID", arity = "0..1") @Nullable String id,
      @Option(names = "--limit", defaultValue = "20") int limit,
      @Option(names = "--json") boolean json) {
    List<HistoryEntry> entries = with(memory -> memory.history(owner(), id, limit));
    if (json) {
      Output.json(spec, entries);
    } else {
      entries.forEach(
          each ->
              print(
                  "%6d  %s  %-8s %s",
                  each.sequence(), each.at(), each.kind(), oneLine(each.what())));
    }
    return ExitCodes.OK;
  }

  @Command(name = "add", description = "Remember a sentence.")
  int add(
      @Parameters(paramLabel = "TEXT", arity = "1..*") List<String> words,
      @Option(names = "--session", defaultValue = NOTES) String session,
      @Option(names = "--json") boolean json) {
    Receipt receipt =
        with(
            memory -> {
              int next = memory.session(owner().session(session)).turns().size();
              return memory.remember(
                  new Turn(
                      "note-" + UUID.randomUUID(),
                      owner().session(session),
                      next,
                      "user",
                      Message.user(String.join(" ", words)),
                      Clock.systemUTC().instant(),
                      null,
                      null));
            });
    if (json) {
      Output.json(spec, receipt);
    } else {
      print("remembered as %s", receipt.ids().getFirst());
      receipt.facts().forEach(f -> print("fact: %s %s %s", f.subject(), f.attribute(), f.value()));
    }
    return ExitCodes.OK;
  }

  @Command(name = "forget", description = "Hide turns from recall; undo brings them back.")
  int forget(
      @Parameters(paramLabel = "ID", arity = "1..*") List<String> ids,
      @Option(names = "--reason", defaultValue = "asked to") String reason,
      @Option(names = "--json") boolean json) {
    long sequence = with(memory -> memory.forget(owner(), ids, reason));
    done(json, "sequence", sequence, "forgotten; the words stay in history until erased");
    return ExitCodes.OK;
  }

  @Command(
      name = "revise",
      description = "Say a turn or a fact better; the old words stay in history.")
  int revise(
      @Parameters(paramLabel = "ID", index = "0") String id,
      @Parameters(paramLabel = "TEXT", index = "1..*", arity = "1..*") List<String> words,
      @Option(names = "--json") boolean json) {
    Receipt receipt = with(memory -> memory.revise(owner(), id, String.join(" ", words)));
    if (json) {
      Output.json(spec, receipt);
    } else {
      print("now %s", String.join(", ", receipt.ids()));
    }
    return ExitCodes.OK;
  }

  @Command(name = "undo", description = "Take one change of the history back.")
  int undo(
      @Parameters(paramLabel = "SEQUENCE") long change, @Option(names = "--json") boolean json) {
    long sequence = with(memory -> memory.undo(owner(), change));
    done(json, "sequence", sequence, "undone by change " + sequence);
    return ExitCodes.OK;
  }

  @Command(
      name = "erase",
      description = "Remove everything of a user for good, from every file, and print the receipt.")
  int erase(
      @Option(names = "--user", required = true, paramLabel = "USER") String user,
      @Option(names = "--yes", description = "Really.") boolean yes,
      @Option(names = "--json") boolean json) {
    if (!yes) {
      throw new UserError(
          "this removes everything that " + user + " ever said here; repeat it with --yes");
    }
    ErasureReceipt receipt =
        atBench(bench -> bench.store().erase(scope().tenant(), user, bench.personal()));
    if (json) {
      Output.json(spec, receipt);
    } else {
      print(
          "erased %d turns, %d facts, %d judgements, %d preference pairs",
          receipt.turns(), receipt.facts(), receipt.signals(), receipt.pairs());
      print("and elsewhere: %s", receipt.elsewhere());
      print("left behind: %s", receipt.left());
      receipt
          .checkpoints()
          .forEach(each -> print("learnt by checkpoint %s: retrain or withdraw it", each));
    }
    boolean clean = receipt.left().values().stream().allMatch(n -> n == 0);
    return clean ? ExitCodes.OK : ExitCodes.FAILURE;
  }

  @Command(name = "export", description = "Write the memory as JSON Lines.")
  int export(
      @Parameters(paramLabel = "FILE") Path file,
      @Option(names = "--user", description = "Only this user; without it, everybody.")
          @Nullable String user,
      @Option(names = "--json") boolean json) {
    Selection selection =
        user == null ? new Selection.Everything() : new Selection.User(scope().tenant(), user);
    transfer(json, with(memory -> memory.export(selection, file)), "exported");
    return ExitCodes.OK;
  }

  @Command(name = "import", description = "Take over an export.")
  int importFrom(
      @Parameters(paramLabel = "FILE") Path file, @Option(names = "--json") boolean json) {
    if (!Files.exists(file)) {
      throw new UserError(file + " does not exist");
    }
    transfer(json, with(memory -> memory.importFrom(file)), "imported");
    return ExitCodes.OK;
  }

  @Command(name = "stats", description = "Counts, sizes and rates.")
  int stats(@Option(names = "--json") boolean json) {
    MemoryStats stats = with(memory -> memory.stats(new Selection.Everything()));
    if (json) {
      Output.json(spec, stats);
    } else {
      print(
          "turns %d (forgotten %d) in %d sessions of %d owners",
          stats.turns(), stats.forgotten(), stats.sessions(), stats.spaces());
      print(
          "facts %s, judgements %d, preference pairs %d",
          stats.facts(), stats.signals(), stats.pairs());
      print("bytes %s, %.0f a turn beyond its text", stats.bytes(), stats.bytesPerTurn());
      print(
          "junk %.1f %%, duplicates %.1f %%, superseded facts %.1f %%",
          100 * stats.junkRate(), 100 * stats.duplicateRate(), 100 * stats.supersededRate());
    }
    return ExitCodes.OK;
  }

  @Command(name = "verify", description = "Compare ledger, journal and index.")
  int verify(@Option(names = "--json") boolean json) {
    Verification result = with(MemoryStore::verify);
    if (json) {
      Output.json(spec, result);
    } else {
      result.problems().forEach(each -> print("%s", each));
      print(
          "%s: %d changes, %d turns in the ledger, %d in the index",
          result.ok() ? "whole" : "not whole",
          result.ledgerChanges(),
          result.ledgerTurns(),
          result.indexTurns());
    }
    return result.ok() ? ExitCodes.OK : ExitCodes.FAILURE;
  }

  @Command(
      name = "rebuild-index",
      description = {
        "Make the index anew from the ledger.",
        "With memory.embedder, also wait until every turn has its vector."
      })
  int rebuildIndex(@Option(names = "--json") boolean json) {
    long sequence =
        with(
            memory -> {
              memory.rebuildIndex();
              memory.awaitVectors();
              return memory.currentSequence();
            });
    done(json, "sequence", sequence, "the index is new, up to change " + sequence);
    return ExitCodes.OK;
  }

  @Command(
      name = "recover",
      description =
          "Mend a memory that does not open or lost changes: gathers what ledger and journal have.")
  int recover(@Option(names = "--json") boolean json) {
    transfer(json, atBench(bench -> MemoryStore.recover(bench.memoryConfig())), "recovered");
    return ExitCodes.OK;
  }

  @Command(name = "backup", description = "Write a consistent copy as a zip.")
  int backup(@Parameters(paramLabel = "ZIP") Path zip, @Option(names = "--json") boolean json) {
    long sequence =
        with(
            memory -> {
              memory.backup(zip);
              return memory.currentSequence();
            });
    done(json, "sequence", sequence, "backed up to " + zip);
    return ExitCodes.OK;
  }

  @Command(name = "restore", description = "Unpack a backup into an empty memory.")
  int restore(@Parameters(paramLabel = "ZIP") Path zip, @Option(names = "--json") boolean json) {
    if (!Files.exists(zip)) {
      throw new UserError(zip + " does not exist");
    }
    Path home = GlobalOptions.of(spec).home().create().memory();
    long sequence =
        guarded(
            () -> {
              MemoryStore.restore(zip, home);
              return with(MemoryStore::currentSequence);
            });
    done(json, "sequence", sequence, "restored into " + home);
    return ExitCodes.OK;
  }

  // ---- what they share ----

  private interface Work<T> {
    T run();
  }

  private MnemeConfig.ScopeConfig scope() {
    return GlobalOptions.of(spec).config().scope();
  }

  private Owner owner() {
    MnemeConfig.ScopeConfig scope = scope();
    return new Owner(scope.tenant(), scope.user(), scope.agent());
  }

  private <T> T with(Function<MemoryStore, T> work) {
    return atBench(bench -> work.apply(bench.store()));
  }

  private <T> T atBench(Function<Workbench, T> work) {
    return guarded(
        () -> {
          try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
            return work.apply(bench);
          }
        });
  }

  private static <T> T guarded(Work<T> work) {
    try {
      return work.run();
    } catch (MemoryStoreException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.FAILURE, e);
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }

  private void transfer(boolean json, Transfer transfer, String verb) {
    if (json) {
      Output.json(spec, transfer);
    } else {
      print(
          "%s %d changes (%d were there already), from %s",
          verb, transfer.changes(), transfer.skipped(), transfer.from());
    }
  }

  private void done(boolean json, String name, long value, String words) {
    if (json) {
      Map<String, Long> result = new LinkedHashMap<>();
      result.put(name, value);
      Output.json(spec, result);
    } else {
      print("%s", words);
    }
  }

  @FormatMethod
  private void print(@FormatString String format, Object... values) {
    Output.out(spec).println(String.format(Locale.ROOT, format, values));
    Output.out(spec).flush();
  }

  private void note(String text) {
    Output.err(spec).println(text);
    Output.err(spec).flush();
  }

  private static String oneLine(String text) {
    return text.replaceAll("\\s+", " ").strip();
  }
}
