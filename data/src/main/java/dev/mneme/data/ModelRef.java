package dev.mneme.data;

import static java.util.Objects.requireNonNull;

/**
 * Which weights wrote a reply.
 *
 * @param id the name people use, for example {@code starter}
 * @param sha256 content hash of the checkpoint in lower-case hex, or {@code external:<base URL>}
 *     for a model whose weights we cannot see
 */
public record ModelRef(String id, String sha256) {
  public ModelRef {
    requireNonNull(id, "id is null");
    requireNonNull(sha256, "sha256 is null");
  }
}
