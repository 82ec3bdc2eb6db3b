package dev.mneme.data;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What a good reply must satisfy, decided by a program and explained in one sentence.
 *
 * <p>The curriculum attaches checks to held-out examples and evaluation applies them, so the
 * meaning of "correct" is defined once, here. A closed set of immutable values; checking is pure
 * and thread-safe. A verdict is 1 or 0 with its reason, never in between: a measure that needs two
 * figures (JSON that parses, JSON that is right) uses two {@link Expectation}s.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = Check.Exactly.class, name = "exactly"),
  @JsonSubTypes.Type(value = Check.Says.class, name = "says"),
  @JsonSubTypes.Type(value = Check.Avoids.class, name = "avoids"),
  @JsonSubTypes.Type(value = Check.Abstains.class, name = "abstains"),
  @JsonSubTypes.Type(value = Check.IsJson.class, name = "is_json"),
  @JsonSubTypes.Type(value = Check.JsonEquals.class, name = "json_equals"),
  @JsonSubTypes.Type(value = Check.Form.class, name = "form"),
  @JsonSubTypes.Type(value = Check.Calls.class, name = "calls"),
  @JsonSubTypes.Type(value = Check.CallsNothing.class, name = "calls_nothing"),
  @JsonSubTypes.Type(value = Check.FinalNumber.class, name = "final_number"),
  @JsonSubTypes.Type(value = Check.All.class, name = "all"),
})
public sealed interface Check {
  /** 1 or 0, and why. */
  default Score.Scored score(Message reply) {
    return Checks.score(this, reply);
  }

  default boolean accepts(Message reply) {
    return score(reply).value() == 1;
  }

  static Check says(String... oneOf) {
    return new Says(List.of(List.of(oneOf)));
  }

  static Check all(Check... checks) {
    return new All(List.of(checks));
  }

  /** The whole reply is one of these, apart from case, spacing, quotes and a closing full stop. */
  record Exactly(List<String> answers) implements Check {
    public Exactly {
      answers = List.copyOf(answers);
      if (answers.isEmpty()) {
        throw new IllegalArgumentException("exactly needs at least one answer, got none");
      }
    }
  }

  /** Of every group, at least one text appears as whole words; case and spacing do not matter. */
  record Says(List<List<String>> groups) implements Check {
    public Says {
      groups = groups.stream().map(List::copyOf).toList();
      if (groups.isEmpty() || groups.stream().anyMatch(List::isEmpty)) {
        throw new IllegalArgumentException("says needs texts in every group, got " + groups);
      }
    }
  }

  /** None of these appears as whole words. */
  record Avoids(List<String> texts) implements Check {
    public Avoids {
      texts = List.copyOf(texts);
    }
  }

  /** The reply admits that the answer is not known. */
  record Abstains() implements Check {}

  /** The reply holds one JSON object or array and no prose around it (a code fence is fine). */
  record IsJson() implements Check {}

  /** The reply's JSON equals this one; key order does not matter, numbers compare by value. */
  record JsonEquals(String json) implements Check {
    public JsonEquals {
      requireNonNull(json, "json is null");
    }
  }

  /**
   * Limits on the shape of the reply; a null component sets none.
   *
   * @param minWords fewest words
   * @param maxWords most words
   * @param sentences exact number of sentences
   * @param bullets exact number of lines that start with "- " or "* "; there is no other line
   * @param numbered exact number of lines that start "1.", "2." ...; there is no other line
   * @param letterCase every letter is upper case or lower case
   * @param startsWith how it begins
   * @param endsWith how it ends
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Form(
      @Nullable Integer minWords,
      @Nullable Integer maxWords,
      @Nullable Integer sentences,
      @Nullable Integer bullets,
      @Nullable Integer numbered,
      @Nullable LetterCase letterCase,
      @Nullable String startsWith,
      @Nullable String endsWith)
      implements Check {

    public static Form words(int min, int max) {
      return new Form(min, max, null, null, null, null, null, null);
    }

    public static Form sentences(int n) {
      return new Form(null, null, n, null, null, null, null, null);
    }

    public static Form bullets(int n) {
      return new Form(null, null, null, n, null, null, null, null);
    }

    public static Form numbered(int n) {
      return new Form(null, null, null, null, n, null, null, null);
    }

    public static Form in(LetterCase letterCase) {
      return new Form(null, null, null, null, null, letterCase, null, null);
    }

    public static Form startsWith(String text) {
      return new Form(null, null, null, null, null, null, text, null);
    }

    public static Form endsWith(String text) {
      return new Form(null, null, null, null, null, null, null, text);
    }
  }

  /** Of a whole reply. */
  enum LetterCase {
    UPPER,
    LOWER;

    String apply(String text) {
      return switch (this) {
        case UPPER -> text.toUpperCase(Locale.ROOT);
        case LOWER -> text.toLowerCase(Locale.ROOT);
      };
    }
  }

  /**
   * The reply calls exactly one tool: this one.
   *
   * @param name the tool
   * @param arguments arguments that must be there, numbers compared by value and texts without
   *     spacing and case; an argument not named here is free
   * @param mentions words that must appear somewhere in the arguments
   */
  record Calls(String name, Map<String, Object> arguments, List<String> mentions) implements Check {
    public Calls {
      requireNonNull(name, "name is null");
      arguments =
          arguments == null
              ? Map.of()
              : Collections.unmodifiableMap(new LinkedHashMap<>(arguments));
      mentions = mentions == null ? List.of() : List.copyOf(mentions);
    }
  }

  /** The reply is text; no tool is called. */
  record CallsNothing() implements Check {}

  /** The last number in the reply is this one, compared by value: worked steps may come before. */
  record FinalNumber(String number) implements Check {
    public FinalNumber {
      new java.math.BigDecimal(number);
    }
  }

  /** Every one of these holds. */
  record All(List<Check> checks) implements Check {
    public All {
      checks = List.copyOf(checks);
    }
  }
}
