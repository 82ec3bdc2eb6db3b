package dev.mneme.dpo.registry;

import dev.mneme.data.FileTrees;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * The checkpoints of one data directory.
 *
 * <pre>
 * models/
 *   3f9c0a12b7de/        one folder a checkpoint: the Hugging Face files and mneme.json
 *   active.json          which one serves; replaced atomically
 *   journal.jsonl        everything that happened, append-only
 *   pruned/              mneme.json of checkpoints that were deleted, by id
 * </pre>
 *
 * <p>A checkpoint appears by one rename of a folder whose files are already on disk, and becomes
 * active by one rename of a file. Whatever is left half-done by a crash has a temporary name and is
 * swept on open. Thread-safe, and safe against other processes: changes hold a file lock.
 */
public final class CheckpointRegistry {
  private static final String MANIFEST = "mneme.json";
  private static final String TEMPORARY = ".tmp-";
  private static final String PRUNED = "pruned";

  /** File locks exclude other processes only; two registries of one process need this as well. */
  private static final Object IN_THIS_PROCESS = new Object();

  private final Path root;
  private final InstantSource clock;

  private CheckpointRegistry(Path root, InstantSource clock) {
    this.root = root;
    this.clock = clock;
  }

  /**
   * Opens the registry in {@code root}, creating it if missing, and finishes what a crash
   * interrupted.
   *
   * @throws RegistryException when the folder cannot be read or written
   */
  public static CheckpointRegistry open(Path root, InstantSource clock) {
    var registry = new CheckpointRegistry(root, clock);
    try {
      Files.createDirectories(root);
    } catch (IOException e) {
      throw new RegistryException("cannot create " + root + ": " + e.getMessage(), e);
    }
    registry.exclusively(
        () -> {
          registry.sweep();
          return null;
        });
    return registry;
  }

  /**
   * What serves now and why.
   *
   * @param id the checkpoint
   * @param previous what served before it; null at first
   * @param reason why it was made active
   */
  private record Active(
      String id,
      @Nullable String previous,
      String reason,
      RegistryEvent.What how,
      java.time.Instant at) {}

  /** A new empty folder to write a candidate into; {@link #register} moves it into place. */
  public Path newCandidateFolder() {
    try {
      return Files.createTempDirectory(root, TEMPORARY);
    } catch (IOException e) {
      throw new RegistryException("cannot write below " + root + ": " + e.getMessage(), e);
    }
  }

  /**
   * Moves a finished candidate folder into the registry. The same content registered twice is one
   * checkpoint; the folder is consumed either way.
   *
   * @param folder from {@link #newCandidateFolder}
   */
  public CheckpointManifest register(
      Path folder,
      String name,
      @Nullable String parent,
      CheckpointManifest.Kind kind,
      Map<String, Object> config,
      DataProvenance data) {
    return exclusively(
        () -> {
          Map<String, String> files = hashFiles(folder);
          if (files.keySet().stream().noneMatch(f -> f.endsWith(".safetensors"))) {
            throw new RegistryException(
                folder + ": no .safetensors file, so this is not a checkpoint folder");
          }
          String sha256 = contentHash(files);
          var manifest =
              new CheckpointManifest(
                      sha256.substring(0, 12),
                      name,
                      sha256,
                      parent,
                      clock.instant(),
                      kind,
                      files,
                      config,
                      data,
                      Map.of(),
                      null,
                      Map.of(),
                      null)
                  .sealed();
          Path target = root.resolve(manifest.id());
          if (Files.exists(target)) {
            FileTrees.delete(folder);
            return find(manifest.id()).orElseThrow();
          }
          AtomicFiles.write(folder.resolve(MANIFEST), Json.mapper().writeValueAsString(manifest));
          AtomicFiles.moveFolder(folder, target);
          log(RegistryEvent.What.REGISTERED, manifest.id(), null, kind + " " + name);
          return manifest;
        });
  }

  /** The content hash of a folder's files as {@link #register} would give it. */
  public static String contentHashOf(Path folder) {
    try {
      return contentHash(hashFiles(folder));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + folder, e);
    }
  }

  /** Every checkpoint, oldest first. */
  public List<CheckpointManifest> list() {
    List<CheckpointManifest> all = new ArrayList<>();
    try (Stream<Path> entries = Files.list(root)) {
      for (Path each : entries.sorted().toList()) {
        if (Files.exists(each.resolve(MANIFEST)) && !isTemporary(each)) {
          all.add(readManifest(each));
        }
      }
    } catch (IOException e) {
      throw new RegistryException("cannot list " + root + ": " + e.getMessage(), e);
    }
    all.sort(Comparator.comparing(CheckpointManifest::createdAt));
    return all;
  }

  /** The checkpoint of that id, unambiguous prefix of an id, or name (the newest of that name). */
  public Optional<CheckpointManifest> find(String idOrName) {
    List<CheckpointManifest> all = list();
    Optional<CheckpointManifest> exact =
        all.stream().filter(m -> m.id().equals(idOrName)).findFirst();
    if (exact.isPresent()) {
      return exact;
    }
    Optional<CheckpointManifest> named =
        all.reversed().stream().filter(m -> m.name().equals(idOrName)).findFirst();
    if (named.isPresent() || idOrName.length() < 4) {
      return named;
    }
    List<CheckpointManifest> prefixed =
        all.stream().filter(m -> m.id().startsWith(idOrName)).toList();
    return prefixed.size() == 1 ? Optional.of(prefixed.getFirst()) : Optional.empty();
  }

  /** As {@link #find}; a missing one is an error that lists what there is. */
  public CheckpointManifest require(String idOrName) {
    return find(idOrName)
        .orElseThrow(
            () ->
                new RegistryException(
                    "no checkpoint "
                        + idOrName
                        + "; there are: "
                        + list().stream().map(m -> m.id() + " (" + m.name() + ")").toList()));
  }

  public Path folder(CheckpointManifest manifest) {
    return root.resolve(manifest.id());
  }

  /** What serves now; empty before anything was promoted. */
  public Optional<CheckpointManifest> active() {
    return readActive().map(a -> require(a.id()));
  }

  /** The id of what serves now, by a look at one small file: cheap enough to ask at every turn. */
  public Optional<String> activeId() {
    return readActive().map(Active::id);
  }

  /**
   * Checks every byte of a checkpoint against its manifest.
   *
   * @throws RegistryException naming the file that is missing or damaged
   */
  public void verify(CheckpointManifest manifest) {
    Path folder = folder(manifest);
    CheckpointManifest onDisk = readManifest(folder);
    Map<String, String> found;
    try {
      found = hashFiles(folder);
    } catch (IOException e) {
      throw new RegistryException("cannot read " + folder + ": " + e.getMessage(), e);
    }
    for (var file : onDisk.files().entrySet()) {
      String actual = found.get(file.getKey());
      if (actual == null) {
        throw damaged(folder.resolve(file.getKey()), "is missing");
      }
      if (!actual.equals(file.getValue())) {
        throw damaged(
            folder.resolve(file.getKey()),
            "has SHA-256 " + actual + ", expected " + file.getValue());
      }
    }
    if (!contentHash(onDisk.files()).equals(onDisk.sha256())) {
      throw damaged(folder.resolve(MANIFEST), "does not match its own content hash");
    }
  }

  private static RegistryException damaged(Path file, String what) {
    return new RegistryException(
        file
            + " "
            + what
            + ": the checkpoint is damaged; roll back with 'mneme models rollback' or import it"
            + " again");
  }

  /** Makes a checkpoint serve, after verifying it. */
  public void promote(CheckpointManifest manifest, String reason) {
    exclusively(
        () -> {
          verify(manifest);
          activate(manifest.id(), RegistryEvent.What.PROMOTED, reason);
          return null;
        });
  }

  /** Writes the gate's decision and figures into the manifest. Does not change what serves. */
  public CheckpointManifest recordDecision(
      CheckpointManifest manifest, Map<String, Double> scores, boolean promoted, String reason) {
    return exclusively(
        () -> {
          var decided =
              readManifest(folder(manifest))
                  .withDecision(
                      scores, new CheckpointManifest.Decision(promoted, reason, clock.instant()))
                  .sealed();
          writeManifest(decided);
          if (!promoted) {
            log(RegistryEvent.What.REJECTED, manifest.id(), null, reason);
          }
          return decided;
        });
  }

  /**
   * Back to the checkpoint that served before the active one.
   *
   * @throws RegistryException when there is none
   */
  public CheckpointManifest rollback(String reason) {
    return exclusively(
        () -> {
          Active active =
              readActive().orElseThrow(() -> new RegistryException("no checkpoint is active yet"));
          String previous = active.previous();
          if (previous == null) {
            throw new RegistryException(
                "checkpoint " + active.id() + " is the first; there is nothing to roll back to");
          }
          CheckpointManifest target = require(previous);
          verify(target);
          activate(previous, RegistryEvent.What.ROLLED_BACK, reason);
          return target;
        });
  }

  /** Everything that happened, in order. */
  public List<RegistryEvent> journal() {
    Path file = root.resolve("journal.jsonl");
    return Files.exists(file) ? JsonLines.readAll(file, RegistryEvent.class) : List.of();
  }

  /**
   * Where a checkpoint's line of parents begins: the bundled or imported one that all its cycles
   * started from, which may be itself. Pruned checkpoints in between do not break the line.
   *
   * @return empty when the line leads to a checkpoint that is not here any more
   */
  public Optional<CheckpointManifest> origin(CheckpointManifest manifest) {
    Map<String, CheckpointManifest> known = new HashMap<>();
    everKept().forEach(each -> known.put(each.id(), each));
    CheckpointManifest at = manifest;
    Set<String> seen = new HashSet<>();
    while (at.parent() != null && seen.add(at.id())) {
      CheckpointManifest parent = known.get(at.parent());
      if (parent == null) {
        return Optional.empty();
      }
      at = parent;
    }
    return Files.isDirectory(folder(at)) ? Optional.of(at) : Optional.empty();
  }

  /** The manifests of every checkpoint there is and of those that were pruned. */
  private List<CheckpointManifest> everKept() {
    List<CheckpointManifest> all = new ArrayList<>(list());
    Path pruned = root.resolve(PRUNED);
    if (Files.isDirectory(pruned)) {
      try (Stream<Path> entries = Files.list(pruned)) {
        for (Path each : entries.sorted().toList()) {
          all.add(readManifestFile(each));
        }
      } catch (IOException e) {
        throw new RegistryException("cannot list " + pruned + ": " + e.getMessage(), e);
      }
    }
    return all;
  }

  /**
   * Flags every checkpoint that learned from a user, and all their descendants, also where what
   * stands between them was pruned.
   *
   * @param user {@code tenant/user}
   * @return the flagged ones
   */
  public List<CheckpointManifest> flagUser(String user, String reason) {
    return exclusively(
        () -> {
          List<CheckpointManifest> all = everKept();
          Set<String> tainted = new LinkedHashSet<>();
          boolean grew = true;
          while (grew) {
            grew = false;
            for (CheckpointManifest each : all) {
              boolean learned = each.data().users().contains(user);
              boolean inherited = each.parent() != null && tainted.contains(each.parent());
              if ((learned || inherited) && tainted.add(each.id())) {
                grew = true;
              }
            }
          }
          List<CheckpointManifest> flagged = new ArrayList<>();
          for (CheckpointManifest each : list()) {
            if (tainted.contains(each.id())) {
              var marked = each.withFlag("erased-user", reason).sealed();
              writeManifest(marked);
              log(RegistryEvent.What.FLAGGED, each.id(), null, reason);
              flagged.add(marked);
            }
          }
          return flagged;
        });
  }

  /**
   * Deletes rejected and superseded checkpoints. The active one, the one to roll back to, origins
   * (bundled or imported) and the newest {@code keep} stay. Of the others their manifests do: who
   * descends from them would otherwise not know whom they learned from.
   *
   * @return what was deleted
   */
  public List<CheckpointManifest> prune(int keep) {
    return exclusively(
        () -> {
          List<CheckpointManifest> all = list();
          Set<String> kept = new HashSet<>();
          readActive()
              .ifPresent(
                  a -> {
                    kept.add(a.id());
                    if (a.previous() != null) {
                      kept.add(a.previous());
                    }
                  });
          all.reversed().stream().limit(keep).forEach(m -> kept.add(m.id()));
          List<CheckpointManifest> deleted = new ArrayList<>();
          for (CheckpointManifest each : all) {
            boolean origin =
                each.kind() == CheckpointManifest.Kind.BUNDLED
                    || each.kind() == CheckpointManifest.Kind.IMPORTED;
            if (!origin && !kept.contains(each.id())) {
              // Renamed first: a crash in mid-deletion leaves a temporary folder, not half a
              // checkpoint.
              AtomicFiles.write(
                  Files.createDirectories(root.resolve(PRUNED)).resolve(each.id() + ".json"),
                  Json.mapper().writeValueAsString(each));
              Path doomed = root.resolve(TEMPORARY + each.id());
              AtomicFiles.moveFolder(folder(each), doomed);
              FileTrees.delete(doomed);
              log(RegistryEvent.What.PRUNED, each.id(), null, "pruned");
              deleted.add(each);
            }
          }
          return deleted;
        });
  }

  private void activate(String id, RegistryEvent.What how, String reason) throws IOException {
    Optional<Active> before = readActive();
    String previous = before.map(Active::id).orElse(null);
    if (id.equals(previous)) {
      return;
    }
    var active = new Active(id, previous, reason, how, clock.instant());
    AtomicFiles.write(root.resolve("active.json"), Json.mapper().writeValueAsString(active));
    log(how, id, previous, reason);
  }

  private Optional<Active> readActive() {
    Path file = root.resolve("active.json");
    if (!Files.exists(file)) {
      return Optional.empty();
    }
    try {
      return Optional.of(Json.mapper().readValue(Files.readString(file), Active.class));
    } catch (IOException | JacksonException e) {
      throw new RegistryException(
          file
              + " does not say which checkpoint is active; name one with 'mneme models promote ID'",
          e);
    }
  }

  private CheckpointManifest readManifest(Path folder) {
    return readManifestFile(folder.resolve(MANIFEST));
  }

  private static CheckpointManifest readManifestFile(Path file) {
    CheckpointManifest manifest;
    try {
      manifest = Json.mapper().readValue(Files.readString(file), CheckpointManifest.class);
    } catch (IOException | JacksonException e) {
      throw new RegistryException(file + " cannot be read: the checkpoint is damaged", e);
    }
    if (!manifest.digestHolds()) {
      throw damaged(file, "was changed after it was written");
    }
    return manifest;
  }

  private void writeManifest(CheckpointManifest manifest) throws IOException {
    AtomicFiles.write(
        folder(manifest).resolve(MANIFEST), Json.mapper().writeValueAsString(manifest));
  }

  private void log(RegistryEvent.What what, String id, @Nullable String previous, String reason)
      throws IOException {
    AtomicFiles.appendLine(
        root.resolve("journal.jsonl"),
        JsonLines.line(new RegistryEvent(clock.instant(), what, id, previous, reason)));
  }

  /** Deletes temporaries, and writes the journal line a crash kept from following an activation. */
  private void sweep() throws IOException {
    try (Stream<Path> entries = Files.list(root)) {
      for (Path each : entries.toList()) {
        if (isTemporary(each) && !inUse(each)) {
          FileTrees.delete(each);
        }
      }
    }
    Optional<Active> active = readActive();
    if (active.isEmpty()) {
      return;
    }
    Active now = active.get();
    List<RegistryEvent> events = journal();
    boolean logged =
        events.stream()
            .anyMatch(
                e ->
                    e.what() == now.how() && e.id().equals(now.id()) && !e.at().isBefore(now.at()));
    if (!logged) {
      log(now.how(), now.id(), now.previous(), now.reason());
    }
  }

  /** A candidate another process is still writing is younger than a day. */
  private boolean inUse(Path temporary) throws IOException {
    return !temporary.getFileName().toString().matches("\\.tmp-[0-9a-f]{12}")
        && Files.getLastModifiedTime(temporary)
            .toInstant()
            .isAfter(clock.instant().minus(java.time.Duration.ofDays(1)));
  }

  private static boolean isTemporary(Path entry) {
    return entry.getFileName().toString().startsWith(TEMPORARY);
  }

  private static Map<String, String> hashFiles(Path folder) throws IOException {
    Map<String, String> files = new TreeMap<>();
    for (Path file : AtomicFiles.filesBelow(folder)) {
      String name = folder.relativize(file).toString();
      if (!name.equals(MANIFEST) && !name.endsWith(".tmp")) {
        files.put(name, sha256(file));
      }
    }
    return files;
  }

  private static String contentHash(Map<String, String> files) {
    List<String> parts = new ArrayList<>();
    files.forEach(
        (name, hash) -> {
          parts.add(name);
          parts.add(hash);
        });
    return Hashes.sha256(parts.toArray(String[]::new));
  }

  private static String sha256(Path file) throws IOException {
    MessageDigest digest = Hashes.newSha256();
    byte[] buffer = new byte[1 << 16];
    try (InputStream in = Files.newInputStream(file)) {
      for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
        digest.update(buffer, 0, n);
      }
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  @FunctionalInterface
  private interface Change<T extends @Nullable Object> {
    T make() throws IOException;
  }

  private <T extends @Nullable Object> T exclusively(Change<T> change) {
    synchronized (IN_THIS_PROCESS) {
      try (FileChannel channel =
              FileChannel.open(
                  root.resolve(".lock"), StandardOpenOption.CREATE, StandardOpenOption.WRITE);
          FileLock lock = channel.lock()) {
        if (!lock.isValid()) {
          throw new RegistryException("another process holds " + root);
        }
        return change.make();
      } catch (FileAlreadyExistsException e) {
        throw new RegistryException(e.getMessage() + " already exists", e);
      } catch (IOException e) {
        throw new RegistryException("cannot change " + root + ": " + e.getMessage(), e);
      }
    }
  }
}
