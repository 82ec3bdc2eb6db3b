package dev.mneme.data;

import static java.util.Objects.requireNonNull;

/**
 * One reason behind a number.
 *
 * @param turnId the turn it was read from
 * @param kind a short name, for example {@code thumb} or {@code rephrase}
 * @param detail what was seen, for people to read
 */
public record Evidence(String turnId, String kind, String detail) {
  public Evidence {
    requireNonNull(turnId, "turnId is null");
    requireNonNull(kind, "kind is null");
    requireNonNull(detail, "detail is null");
  }
}
