package dev.mneme.preference;

import dev.mneme.data.Hashes;
import dev.mneme.data.JsonLines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;

/**
 * What the extractor remembers between runs, user by user, so that only new turns are read. Losing
 * it costs time, never correctness: the history is the truth.
 *
 * <p>Confined to one thread. A directory must not be shared by two extractors at once.
 */
public abstract sealed class ExtractorState {
  private ExtractorState() {}

  /** Remembers for as long as the object lives. */
  public static ExtractorState inMemory() {
    return new InMemory();
  }

  /**
   * Remembers in a directory, one file a user, each replaced atomically.
   *
   * @throws PreferenceException when the directory cannot be made
   */
  public static ExtractorState in(Path directory) {
    try {
      Files.createDirectories(directory);
    } catch (IOException e) {
      throw new PreferenceException("cannot make the state directory " + directory, e);
    }
    return new InDirectory(directory);
  }

  /**
   * Removes everything remembered of a user.
   *
   * @return how many sessions it knew of them
   */
  public final int erase(String tenant, String user) {
    int sessions = sessions(tenant, user);
    forget(tenant, user);
    return sessions;
  }

  /** How many sessions of a user it remembers. */
  public final int sessions(String tenant, String user) {
    var sessions = load(tenant, user).sessions();
    return (int) StreamSupport.stream(sessions.spliterator(), false).count();
  }

  /** A user's state, empty when never seen. */
  abstract UserState load(String tenant, String user);

  abstract void save(UserState state);

  abstract void forget(String tenant, String user);

  /** The users, in an order that does not change between calls. */
  abstract List<UserKey> users();

  /** Names a user. */
  record UserKey(String tenant, String user) implements Comparable<UserKey> {
    @Override
    public int compareTo(UserKey other) {
      int byTenant = tenant.compareTo(other.tenant);
      return byTenant != 0 ? byTenant : user.compareTo(other.user);
    }
  }

  private static final class InMemory extends ExtractorState {
    private final TreeMap<UserKey, UserState> states = new TreeMap<>();

    @Override
    UserState load(String tenant, String user) {
      UserState known = states.get(new UserKey(tenant, user));
      return known == null ? new UserState(tenant, user) : known;
    }

    @Override
    void save(UserState state) {
      states.put(new UserKey(state.tenant(), state.user()), state);
    }

    @Override
    void forget(String tenant, String user) {
      states.remove(new UserKey(tenant, user));
    }

    @Override
    List<UserKey> users() {
      return List.copyOf(states.keySet());
    }
  }

  private static final class InDirectory extends ExtractorState {
    private final Path directory;
    private final TreeMap<UserKey, Path> files = new TreeMap<>();

    InDirectory(Path directory) {
      this.directory = directory;
      try (Stream<Path> found = Files.list(directory)) {
        for (Path file : found.filter(f -> f.toString().endsWith(".jsonl")).sorted().toList()) {
          try (Stream<SessionFindings> lines = JsonLines.read(file, SessionFindings.class)) {
            lines
                .findFirst()
                .ifPresent(
                    first ->
                        files.put(new UserKey(first.scope().tenant(), first.scope().user()), file));
          }
        }
      } catch (IOException | UncheckedIOException e) {
        throw new PreferenceException("cannot read the state directory " + directory, e);
      }
    }

    @Override
    UserState load(String tenant, String user) {
      var state = new UserState(tenant, user);
      Path file = files.get(new UserKey(tenant, user));
      if (file != null) {
        try (Stream<SessionFindings> lines = JsonLines.read(file, SessionFindings.class)) {
          lines.forEach(state::put);
        } catch (UncheckedIOException e) {
          throw new PreferenceException(
              "cannot read " + file + "; delete it and the history is read again", e);
        }
      }
      return state;
    }

    @Override
    void save(UserState state) {
      Path file = file(state.tenant(), state.user());
      Path draft = file.resolveSibling(file.getFileName() + ".new");
      try {
        JsonLines.write(draft, state.sessions());
        Files.move(
            draft, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } catch (IOException | UncheckedIOException e) {
        throw new PreferenceException("cannot write " + file, e);
      }
      files.put(new UserKey(state.tenant(), state.user()), file);
    }

    @Override
    void forget(String tenant, String user) {
      files.remove(new UserKey(tenant, user));
      try {
        Files.deleteIfExists(file(tenant, user));
      } catch (IOException e) {
        throw new PreferenceException("cannot delete " + file(tenant, user), e);
      }
    }

    @Override
    List<UserKey> users() {
      return List.copyOf(files.keySet());
    }

    private Path file(String tenant, String user) {
      return directory.resolve(Hashes.sha256(tenant, user).substring(0, 24) + ".jsonl");
    }
  }
}
