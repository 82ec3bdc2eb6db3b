package dev.mneme.cli.preferences;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.cli.Home;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.Scope;
import dev.mneme.ltm.Erasable;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.Selection;
import dev.mneme.preference.Censor;
import dev.mneme.preference.DenyList;
import dev.mneme.preference.Extraction;
import dev.mneme.preference.ExtractionReport;
import dev.mneme.preference.ExtractorConfig;
import dev.mneme.preference.ExtractorState;
import dev.mneme.preference.History;
import dev.mneme.preference.PreferenceExtractor;
import dev.mneme.preference.Rerunner;
import dev.mneme.preference.Similarity;
import dev.mneme.preference.dialogue.SatisfactionModel;
import dev.mneme.preference.formats.PreferenceFormat;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The preferences of one installation: extracted from its memory, plus what was imported.
 *
 * <p>Files, below {@code preferences} in the data directory: {@code state} (what was read already;
 * deleting it only costs time), {@code imported.jsonl} (accepted imports) and {@code deny} (any
 * evaluation files put there are never trained on). Confined to one thread.
 */
public final class LearntPreferences {
  private final Path directory;
  private final ExtractorConfig config;
  private final InstantSource clock;
  private final Helpers helpers;

  /**
   * What the extractor may use besides the history.
   *
   * @param similarity of requests in meaning
   * @param rerunner answers again what broke a stated wish
   */
  public record Helpers(Similarity similarity, Rerunner rerunner) {
    /** Words alone, and no model. */
    public static final Helpers NONE = new Helpers(Similarity.LEXICAL_ONLY, Rerunner.NONE);
  }

  /**
   * @param config of the extractor; names the tenant whose history is read
   */
  public LearntPreferences(Home home, ExtractorConfig config, InstantSource clock) {
    this(home.dir().resolve("preferences"), config, clock, Helpers.NONE);
  }

  private LearntPreferences(
      Path directory, ExtractorConfig config, InstantSource clock, Helpers helpers) {
    this.directory = directory;
    this.config = config;
    this.clock = clock;
    this.helpers = helpers;
  }

  /** The same with a model at hand. */
  public LearntPreferences with(Helpers others) {
    return new LearntPreferences(directory, config, clock, others);
  }

  /**
   * What to look at.
   *
   * @param asOf what was known at this time, weighted as of then; null for now
   * @param since only sessions with something in them since; null for all
   */
  public record Window(@Nullable Instant asOf, @Nullable Instant since) {
    public static final Window ALL = new Window(null, null);
  }

  /**
   * Extracts everything the memory supports and adds what was imported.
   *
   * <p>A window is looked at with fresh eyes: the state between runs knows nothing of the past.
   */
  public ExtractionReport run(MemoryStore memory, Window window, Consumer<Extraction> sink) {
    Instant asOf = window.asOf();
    Instant since = window.since();
    History history =
        new StoredHistory(
            memory, new Selection.Tenant(tenant()), since == null ? Instant.MIN : since);
    boolean all = asOf == null && since == null;
    ExtractorState state = all ? ExtractorState.in(stateDirectory()) : ExtractorState.inMemory();
    var extractor =
        new PreferenceExtractor(
            config,
            SatisfactionModel.standard(),
            helpers.similarity(),
            helpers.rerunner(),
            denied(),
            asOf == null ? clock : InstantSource.fixed(asOf));
    Set<String> seen = new LinkedHashSet<>();
    ExtractionReport report =
        extractor.extract(
            asOf == null ? history : history.asOf(asOf),
            state,
            each -> {
              if (each instanceof Extraction.Pair pair) {
                seen.add(pair.pair().id());
              }
              sink.accept(each);
            });
    imported(asOf == null ? clock.instant() : asOf, since, seen, sink);
    return report;
  }

  private void imported(
      Instant until, @Nullable Instant since, Set<String> seen, Consumer<Extraction> sink) {
    Path file = importedFile();
    if (!Files.exists(file)) {
      return;
    }
    forEachLine(
        file,
        (line, where) -> {
          PreferenceFormat.Line read =
              PreferenceFormat.MNEME.read(line, where, importScope(), Instant.EPOCH);
          switch (read) {
            case PreferenceFormat.Line.Pair pair -> {
              if (within(pair.pair().at(), since, until) && seen.add(pair.pair().id())) {
                sink.accept(new Extraction.Pair(pair.pair()));
              }
            }
            case PreferenceFormat.Line.Single single -> {
              if (within(single.reply().at(), since, until)) {
                sink.accept(new Extraction.Rated(single.reply()));
              }
            }
          }
        });
  }

  private static boolean within(Instant at, @Nullable Instant since, Instant until) {
    return !at.isAfter(until) && (since == null || !at.isBefore(since));
  }

  /**
   * What an import took and refused.
   *
   * @param accepted lines taken
   * @param known lines that were there already
   * @param dropped lines refused, each with its reason
   */
  public record Imported(int accepted, int known, List<String> dropped) {
    public Imported {
      dropped = List.copyOf(dropped);
    }
  }

  /**
   * Imports a file: every line passes the censor, and the same line twice is taken once.
   *
   * @throws dev.mneme.preference.PreferenceException at the first line that does not have the
   *     format; nothing is taken then
   */
  public Imported importFile(Path file, PreferenceFormat format) {
    Instant now = clock.instant();
    var censor = new Censor(config.censor(), denied());
    Set<String> known = knownImports();
    var accepted = new ArrayList<String>();
    var dropped = new ArrayList<String>();
    int[] repeated = {0};
    forEachLine(
        file,
        (line, where) -> {
          PreferenceFormat.Line read = format.read(line, where, importScope(), now);
          Optional<Censor.Drop> drop =
              switch (read) {
                case PreferenceFormat.Line.Pair(PreferencePair pair) ->
                    censor.content(
                        pair.prompt(),
                        pair.chosen().getLast().content(),
                        pair.rejected().getLast().content());
                case PreferenceFormat.Line.Single(RatedReply reply) -> {
                  String text = reply.reply().getLast().content();
                  boolean good = reply.satisfaction() >= 0.5;
                  yield censor.content(reply.prompt(), good ? text : "", good ? "" : text);
                }
              };
          if (drop.isPresent()) {
            dropped.add(
                where + ": " + drop.get().reason().told() + " (" + drop.get().explanation() + ")");
          } else if (known.add(id(read))) {
            accepted.add(
                switch (read) {
                  case PreferenceFormat.Line.Pair(PreferencePair pair) ->
                      PreferenceFormat.MNEME.lines(pair).getFirst();
                  case PreferenceFormat.Line.Single(RatedReply reply) ->
                      PreferenceFormat.MNEME.line(reply).orElseThrow();
                });
          } else {
            repeated[0]++;
          }
        });
    append(accepted);
    return new Imported(accepted.size(), repeated[0], dropped);
  }

  /** What was read of a person, and imported pairs of theirs, as something to be erased. */
  public Erasable erasable() {
    return new Erasable() {
      @Override
      public String name() {
        return "preference files";
      }

      @Override
      public Removed erase(String tenantName, String user) {
        int removed = 0;
        if (Files.isDirectory(stateDirectory())) {
          removed = ExtractorState.in(stateDirectory()).erase(tenantName, user);
        }
        return Removed.things(removed + dropImports(tenantName, user));
      }

      @Override
      public long left(String tenantName, String user) {
        long found = 0;
        if (Files.isDirectory(stateDirectory())) {
          found = ExtractorState.in(stateDirectory()).sessions(tenantName, user);
        }
        return found + importsOf(tenantName, user, new ArrayList<>());
      }
    };
  }

  private int dropImports(String tenantName, String user) {
    var kept = new ArrayList<String>();
    int dropped = importsOf(tenantName, user, kept);
    if (dropped > 0) {
      Path draft = importedFile().resolveSibling("imported.jsonl.new");
      try {
        Files.write(draft, kept, UTF_8);
        Files.move(
            draft,
            importedFile(),
            StandardCopyOption.ATOMIC_MOVE,
            StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot write " + importedFile(), e);
      }
    }
    return dropped;
  }

  /** Counts the imported lines of a person; the others go to {@code kept}. */
  private int importsOf(String tenantName, String user, List<String> kept) {
    if (!Files.exists(importedFile())) {
      return 0;
    }
    int[] count = {0};
    forEachLine(
        importedFile(),
        (line, where) -> {
          Scope scope =
              switch (PreferenceFormat.MNEME.read(line, where, importScope(), Instant.EPOCH)) {
                case PreferenceFormat.Line.Pair(PreferencePair pair) -> pair.scope();
                case PreferenceFormat.Line.Single(RatedReply reply) -> reply.scope();
              };
          if (scope.tenant().equals(tenantName) && scope.user().equals(user)) {
            count[0]++;
          } else {
            kept.add(line);
          }
        });
    return count[0];
  }

  private static String id(PreferenceFormat.Line line) {
    return switch (line) {
      case PreferenceFormat.Line.Pair(PreferencePair pair) -> pair.id();
      case PreferenceFormat.Line.Single(RatedReply reply) -> reply.id();
    };
  }

  private Set<String> knownImports() {
    Set<String> known = new LinkedHashSet<>();
    if (Files.exists(importedFile())) {
      forEachLine(
          importedFile(),
          (line, where) ->
              known.add(
                  id(PreferenceFormat.MNEME.read(line, where, importScope(), Instant.EPOCH))));
    }
    return known;
  }

  private void append(List<String> lines) {
    try {
      Files.createDirectories(directory);
      Files.write(
          importedFile(), lines, UTF_8, StandardOpenOption.CREATE, StandardOpenOption.APPEND);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + importedFile(), e);
    }
  }

  private Path stateDirectory() {
    return directory.resolve("state");
  }

  private Path importedFile() {
    return directory.resolve("imported.jsonl");
  }

  /** Imports belong to no conversation. */
  private Scope importScope() {
    return new Scope(tenant(), "imported", "imported", "imported");
  }

  private String tenant() {
    return Objects.requireNonNull(config.tenant(), "an installation reads one tenant's history");
  }

  private DenyList denied() {
    Path deny = directory.resolve("deny");
    return Files.isDirectory(deny) ? DenyList.read(List.of(deny)) : DenyList.NONE;
  }

  private interface LineReader {
    void read(String line, String where);
  }

  private static void forEachLine(Path file, LineReader reader) {
    try (BufferedReader lines = Files.newBufferedReader(file, UTF_8)) {
      String line;
      for (int number = 1; (line = lines.readLine()) != null; number++) {
        if (!line.isBlank()) {
          reader.read(line, file.getFileName() + ":" + number);
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
  }
}
