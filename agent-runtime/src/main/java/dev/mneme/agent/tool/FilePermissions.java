package dev.mneme.agent.tool;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.data.Json;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;
import tools.jackson.core.type.TypeReference;

/**
 * Decisions kept in a JSON file that people can read and edit. Thread-safe; written atomically. Two
 * processes may share the file: each reads it anew before it writes.
 */
public final class FilePermissions implements Permissions {
  private final Path file;

  public FilePermissions(Path file) {
    this.file = requireNonNull(file, "file is null");
  }

  @Override
  public synchronized Optional<Permission> decided(Tool tool) {
    return Optional.ofNullable(read().get(Permissions.key(tool)));
  }

  @Override
  public synchronized void decide(Tool tool, Permission permission) {
    Map<String, Permission> decisions = new TreeMap<>(read());
    // An older description of the same tool is not the same tool: its decision goes.
    String prefix = tool.origin() + "/" + tool.spec().name() + "@";
    decisions.keySet().removeIf(key -> key.startsWith(prefix));
    decisions.put(Permissions.key(tool), permission);
    write(decisions);
  }

  private Map<String, Permission> read() {
    String text;
    try {
      text = Files.readString(file, UTF_8);
    } catch (NoSuchFileException e) {
      return Map.of();
    } catch (IOException e) {
      throw new PermissionsException("cannot read tool permissions in " + file, e);
    }
    try {
      return Json.mapper().readValue(text, new TypeReference<TreeMap<String, Permission>>() {});
    } catch (JacksonException e) {
      throw new PermissionsException(
          file
              + " does not hold tool permissions; expected an object such as"
              + " {\"built-in/clock@…\": \"allow\"}. Repair it, or delete it to be asked again.",
          e);
    }
  }

  private void write(Map<String, Permission> decisions) {
    Path parent = requireNonNull(file.toAbsolutePath().getParent(), "a file has a parent");
    try {
      Files.createDirectories(parent);
      Path next = Files.createTempFile(parent, "permissions", ".json");
      Files.writeString(
          next,
          Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(decisions),
          UTF_8);
      Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new PermissionsException("cannot write tool permissions to " + file, e);
    }
  }
}
