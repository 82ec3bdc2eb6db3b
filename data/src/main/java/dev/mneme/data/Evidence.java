package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import org.jspecify.annotations.Nullable;

/**
 * One reason behind a number.
 *
 * @param turnId the turn it was read from
 * @param kind a short name, for example {@code thumb} or {@code rephrase}
 * @param detail what was seen, for people to read
 * @param user {@code tenant/user} of the person the turn belongs to, where that is another than the
 *     one the whole is about; null otherwise. Erasing that person has to find this too
 */
@JsonInclude(JsonInclude.Include.NON_NULL)
public record Evidence(String turnId, String kind, String detail, @Nullable String user) {
  public Evidence {
    requireNonNull(turnId, "turnId is null");
    requireNonNull(kind, "kind is null");
    requireNonNull(detail, "detail is null");
  }

  public Evidence(String turnId, String kind, String detail) {
    this(turnId, kind, detail, null);
  }
}
