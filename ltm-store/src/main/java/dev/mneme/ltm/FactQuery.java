package dev.mneme.ltm;

import java.time.Instant;
import org.jspecify.annotations.Nullable;

/**
 * Which facts.
 *
 * @param subject only about it; null for all
 * @param attribute only this attribute, with all its kinds ({@code pet} covers {@code pet:dog});
 *     null for all
 * @param asOf what was believed then; null for now
 * @param validAt what held in the world then, by what is known now; null for what holds
 * @param all also what is superseded, ended or retracted
 */
public record FactQuery(
    @Nullable String subject,
    @Nullable String attribute,
    @Nullable Instant asOf,
    @Nullable Instant validAt,
    boolean all) {
  /** Everything believed now. */
  public static FactQuery current() {
    return new FactQuery(null, null, null, null, false);
  }

  public FactQuery about(String wantedSubject, String wantedAttribute) {
    return new FactQuery(wantedSubject, wantedAttribute, asOf, validAt, all);
  }

  public FactQuery withAsOf(Instant then) {
    return new FactQuery(subject, attribute, then, validAt, all);
  }

  public FactQuery holdingAt(Instant then) {
    return new FactQuery(subject, attribute, asOf, then, all);
  }

  public FactQuery withPast() {
    return new FactQuery(subject, attribute, asOf, validAt, true);
  }

  boolean admits(Fact fact) {
    boolean named =
        (subject == null || fact.subject().equals(subject))
            && (attribute == null
                || fact.attribute().equals(attribute)
                || fact.attribute().startsWith(attribute + ":"));
    if (!named || all) {
      return named;
    }
    if (validAt == null) {
      return fact.status() == Fact.Status.CURRENT;
    }
    return fact.status() != Fact.Status.RETRACTED
        && !fact.validFrom().isAfter(validAt)
        && (fact.validTo() == null || fact.validTo().isAfter(validAt));
  }
}
