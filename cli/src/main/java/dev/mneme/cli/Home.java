package dev.mneme.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The data directory: {@code --home}, else {@code MNEME_HOME}, else {@code ~/.mneme}.
 *
 * <p>Created on first use, readable by its owner only, because it holds a person's conversations.
 */
public record Home(Path dir) {
  /** Chooses the directory; touches nothing. */
  public static Home resolve(@Nullable Path option, Map<String, String> environment) {
    String variable = environment.get("MNEME_HOME");
    Path dir;
    if (option != null) {
      dir = option;
    } else if (variable != null && !variable.isBlank()) {
      dir = Path.of(variable);
    } else {
      dir = Path.of(System.getProperty("user.home"), ".mneme");
    }
    return new Home(dir.toAbsolutePath().normalize());
  }

  /** Creates the directory, owner-only, if it is missing. */
  public Home create() {
    try {
      if (!Files.isDirectory(dir)) {
        if (Files.exists(dir, LinkOption.NOFOLLOW_LINKS)) {
          throw new UserError(dir + " is not a directory; name another with --home");
        }
        Files.createDirectories(dir);
        restrict(dir);
      }
    } catch (IOException e) {
      throw new UserError(
          "cannot create the data directory "
              + dir
              + ": "
              + reason(e)
              + "; name another with --home",
          ExitCodes.FAILURE,
          e);
    }
    if (!Files.isWritable(dir)) {
      throw new UserError(
          "the data directory " + dir + " is not writable; name another with --home",
          ExitCodes.FAILURE,
          null);
    }
    return this;
  }

  private static void restrict(Path dir) throws IOException {
    if (Files.getFileStore(dir).supportsFileAttributeView("posix")) {
      Files.setPosixFilePermissions(dir, PosixFilePermissions.fromString("rwx------"));
    }
  }

  private static String reason(IOException e) {
    String message = e.getMessage();
    return e.getClass().getSimpleName() + (message == null ? "" : " " + message);
  }

  public Path configFile() {
    return dir.resolve("mneme.yaml");
  }

  public Path memory() {
    return dir.resolve("memory");
  }

  public Path models() {
    return dir.resolve("models");
  }

  public Path personas() {
    return dir.resolve("personas");
  }

  public Path runs() {
    return dir.resolve("runs");
  }

  public Path history() {
    return dir.resolve("chat_history");
  }

  public Path graph() {
    return dir.resolve("graph.jsonl");
  }

  public Path permissions() {
    return dir.resolve("tool_permissions.json");
  }

  public Path mcpServers() {
    return dir.resolve("mcp.json");
  }
}
