package dev.mneme.dpo.registry;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import java.time.Instant;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is known of one checkpoint; stands as {@code mneme.json} beside its files.
 *
 * @param id the first twelve hex digits of {@code sha256}
 * @param name the name people gave it
 * @param sha256 hash over names and hashes of all files
 * @param parent id of the checkpoint it was trained from; null for an origin
 * @param createdAt when it was registered
 * @param kind how it came to be
 * @param files SHA-256 by file name
 * @param config the configuration of the training run, as JSON values
 * @param data what it learned from
 * @param scores figures of the gate and of evaluations, by name
 * @param decision the gate's decision and reason; null before one is made
 * @param flags reasons for care, for example that a user whose turns it learned from was erased
 * @param digest hash of this manifest without this field, so that damage to it is noticed too
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record CheckpointManifest(
    String id,
    String name,
    String sha256,
    @Nullable String parent,
    Instant createdAt,
    Kind kind,
    Map<String, String> files,
    Map<String, Object> config,
    DataProvenance data,
    Map<String, Double> scores,
    @Nullable Decision decision,
    Map<String, String> flags,
    @Nullable String digest) {
  public CheckpointManifest {
    requireNonNull(id, "id is null");
    requireNonNull(name, "name is null");
    requireNonNull(sha256, "sha256 is null");
    requireNonNull(createdAt, "createdAt is null");
    requireNonNull(kind, "kind is null");
    requireNonNull(data, "data is null");
    files = Collections.unmodifiableMap(new TreeMap<>(files));
    config = Collections.unmodifiableMap(new LinkedHashMap<>(config));
    scores = Collections.unmodifiableMap(new LinkedHashMap<>(scores));
    flags = flags == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(flags));
  }

  /** How a checkpoint came to be. */
  public enum Kind {
    BUNDLED,
    IMPORTED,
    PRETRAINED,
    SFT,
    DPO,
    CYCLE
  }

  /**
   * @param promoted whether the gate let it through
   * @param reason why, in one sentence
   * @param at when
   */
  public record Decision(boolean promoted, String reason, Instant at) {}

  CheckpointManifest sealed() {
    return withDigest(digestOf(this));
  }

  boolean digestHolds() {
    return digestOf(this).equals(digest);
  }

  private static String digestOf(CheckpointManifest manifest) {
    return Hashes.sha256(Json.mapper().writeValueAsString(manifest.withDigest(null)));
  }

  private CheckpointManifest withDigest(@Nullable String newDigest) {
    return new CheckpointManifest(
        id, name, sha256, parent, createdAt, kind, files, config, data, scores, decision, flags,
        newDigest);
  }

  CheckpointManifest withDecision(Map<String, Double> newScores, Decision newDecision) {
    return new CheckpointManifest(
        id,
        name,
        sha256,
        parent,
        createdAt,
        kind,
        files,
        config,
        data,
        newScores,
        newDecision,
        flags,
        null);
  }

  CheckpointManifest withFlag(String flag, String reason) {
    Map<String, String> more = new LinkedHashMap<>(flags);
    more.put(flag, reason);
    return new CheckpointManifest(
        id, name, sha256, parent, createdAt, kind, files, config, data, scores, decision, more,
        null);
  }
}
