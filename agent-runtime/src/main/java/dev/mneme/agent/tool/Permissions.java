package dev.mneme.agent.tool;

import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What people decided about tools, remembered.
 *
 * <p>A decision belongs to a tool as it was when the person decided: its origin, name, description
 * and schema. A server that later describes the tool differently has to be allowed again. Only a
 * person's answer (through {@link PermissionAsker} or {@link #decide}) ever changes this; no text
 * that a model, a memory or a tool produced is looked at.
 *
 * <p>Thread-safe. All methods throw {@link PermissionsException} when decisions cannot be kept;
 * then nothing runs.
 */
public interface Permissions {
  /** The decision about this very tool; empty when nobody decided. */
  Optional<Permission> decided(Tool tool);

  /** Remembers a person's decision. */
  void decide(Tool tool, Permission permission);

  /** Decisions that live as long as this object. */
  static Permissions inMemory() {
    return new Permissions() {
      private final Map<String, Permission> byKey = new ConcurrentHashMap<>();

      @Override
      public Optional<Permission> decided(Tool tool) {
        return Optional.ofNullable(byKey.get(key(tool)));
      }

      @Override
      public void decide(Tool tool, Permission permission) {
        byKey.put(key(tool), permission);
      }
    };
  }

  /** Names a tool as it is described now: {@code origin/name@fingerprint}. */
  static String key(Tool tool) {
    String schema = Json.mapper().writeValueAsString(new TreeMap<>(tool.spec().inputSchema()));
    String fingerprint =
        Hashes.sha256(tool.origin(), tool.spec().name(), tool.spec().description(), schema);
    return tool.origin() + "/" + tool.spec().name() + "@" + fingerprint.substring(0, 16);
  }
}
