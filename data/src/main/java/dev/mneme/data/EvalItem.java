package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One question of an evaluation set.
 *
 * @param id unique within its set
 * @param category for per-category figures
 * @param turns the user's messages, in order
 * @param references reference answers by turn; empty where none exist
 * @param metadata what the scorer needs, as JSON values
 */
public record EvalItem(
    String id,
    String category,
    List<String> turns,
    List<String> references,
    Map<String, Object> metadata) {
  public EvalItem {
    requireNonNull(id, "id is null");
    requireNonNull(category, "category is null");
    turns = List.copyOf(turns);
    references = references == null ? List.of() : List.copyOf(references);
    metadata =
        metadata == null ? Map.of() : Collections.unmodifiableMap(new LinkedHashMap<>(metadata));
  }
}
