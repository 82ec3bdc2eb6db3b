package dev.mneme.data;

import java.math.BigDecimal;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/** How each {@link Check} is decided. */
final class Checks {
  private static final Pattern SPACE = Pattern.compile("\\s+");
  private static final Pattern THOUSANDS = Pattern.compile("(?<=\\d),(?=\\d{3}(?!\\d))");
  private static final Pattern SENTENCE_END = Pattern.compile("[.!?]+[\"')]*(?=\\s|$)");
  private static final Pattern NUMBER =
      Pattern.compile("(?<![\\p{L}\\d.])-?\\d+(?:\\.\\d+)?(?![\\p{L}])");
  private static final Pattern FENCE = Pattern.compile("(?s)^```(?:json)?\\s*(.*?)\\s*```$");

  /** Ways of admitting ignorance, in lower case with straight apostrophes. */
  private static final List<String> ADMISSIONS =
      List.of(
          "don't know",
          "do not know",
          "didn't tell me",
          "did not tell me",
          "haven't told me",
          "have not told me",
          "never told me",
          "haven't mentioned",
          "have not mentioned",
          "never mentioned",
          "didn't mention",
          "did not mention",
          "haven't said",
          "have not said",
          "haven't shared",
          "have not shared",
          "not sure",
          "no idea",
          "no record",
          "no memory of",
          "no note",
          "nothing about",
          "nothing in my memory",
          "not in my memory",
          "not in my notes",
          "not in my memories",
          "can't say",
          "cannot say",
          "can't tell",
          "cannot tell",
          "can't answer",
          "cannot answer",
          "couldn't find",
          "could not find",
          "can't find",
          "cannot find",
          "isn't known",
          "is not known",
          "unknown to me",
          "don't remember",
          "do not remember",
          "don't have that",
          "do not have that",
          "don't have any",
          "do not have any");

  private Checks() {}

  static Score.Scored score(Check check, Message reply) {
    String wrong = complaint(check, reply);
    return wrong == null ? new Score.Scored(1, "as expected") : new Score.Scored(0, wrong);
  }

  /** What is wrong with the reply; null when nothing is. */
  private static @Nullable String complaint(Check check, Message reply) {
    String text = reply.content();
    return switch (check) {
      case Check.Exactly c -> {
        String said = bare(text);
        yield c.answers().stream().anyMatch(each -> bare(each).equals(said))
            ? null
            : "expected exactly " + c.answers() + ", got: " + text;
      }
      case Check.Says c -> {
        for (List<String> group : c.groups()) {
          if (group.stream().noneMatch(each -> containsWords(text, each))) {
            yield "expected one of " + group + " in: " + text;
          }
        }
        yield null;
      }
      case Check.Avoids c ->
          c.texts().stream()
              .filter(each -> containsWords(text, each))
              .findFirst()
              .map(each -> "should not say '" + each + "': " + text)
              .orElse(null);
      case Check.Abstains _ -> {
        String said = canonical(text);
        yield ADMISSIONS.stream().anyMatch(said::contains)
            ? null
            : "expected an admission of not knowing, got: " + text;
      }
      case Check.IsJson _ -> json(text) == null ? "not JSON alone: " + text : null;
      case Check.JsonEquals c -> {
        JsonNode said = json(text);
        JsonNode wanted = json(c.json());
        yield said != null && wanted != null && sameJson(wanted, said)
            ? null
            : "expected the JSON " + c.json() + ", got: " + text;
      }
      case Check.Form c -> malformed(c, text);
      case Check.Calls c -> miscalled(c, reply.toolCalls());
      case Check.CallsNothing _ ->
          reply.toolCalls().isEmpty()
              ? null
              : "expected no tool call, got " + reply.toolCalls().getFirst().name();
      case Check.FinalNumber c -> {
        String last =
            NUMBER
                .matcher(canonical(text))
                .results()
                .reduce((a, b) -> b)
                .map(m -> m.group())
                .orElse("");
        yield sameValue(c.number(), last)
            ? null
            : "expected " + c.number() + " as the last number, got: " + text;
      }
      case Check.All c -> {
        for (Check each : c.checks()) {
          String wrong = complaint(each, reply);
          if (wrong != null) {
            yield wrong;
          }
        }
        yield null;
      }
    };
  }

  private static @Nullable String malformed(Check.Form form, String text) {
    int words = text.isBlank() ? 0 : SPACE.split(text.strip()).length;
    if (form.minWords() != null && words < form.minWords()) {
      return "expected at least " + form.minWords() + " words, got " + words + ": " + text;
    }
    if (form.maxWords() != null && words > form.maxWords()) {
      return "expected at most " + form.maxWords() + " words, got " + words + ": " + text;
    }
    if (form.sentences() != null) {
      long sentences = SENTENCE_END.matcher(text.strip()).results().count();
      if (sentences != form.sentences()) {
        return "expected " + form.sentences() + " sentences, got " + sentences + ": " + text;
      }
    }
    List<String> lines = text.lines().map(String::strip).filter(each -> !each.isEmpty()).toList();
    if (form.bullets() != null) {
      boolean all = lines.stream().allMatch(each -> each.matches("[-*•] \\S.*"));
      if (!all || lines.size() != form.bullets()) {
        return "expected " + form.bullets() + " bullets and no other line, got: " + text;
      }
    }
    if (form.numbered() != null) {
      boolean all = lines.size() == form.numbered();
      for (int i = 0; all && i < lines.size(); i++) {
        String line = lines.get(i);
        all = line.startsWith(i + 1 + ". ") || line.startsWith(i + 1 + ") ");
      }
      if (!all) {
        return "expected " + form.numbered() + " numbered lines and no other, got: " + text;
      }
    }
    if (form.letterCase() != null
        && (!form.letterCase().apply(text).equals(text)
            || text.chars().noneMatch(Character::isLetter))) {
      return "expected only " + form.letterCase() + " case letters, got: " + text;
    }
    String wantedStart = form.startsWith();
    if (wantedStart != null && !canonical(text).startsWith(canonical(wantedStart))) {
      return "expected a reply that starts with '" + wantedStart + "', got: " + text;
    }
    String wantedEnd = form.endsWith();
    if (wantedEnd != null && !canonical(text).endsWith(canonical(wantedEnd))) {
      return "expected a reply that ends with '" + wantedEnd + "', got: " + text;
    }
    return null;
  }

  private static @Nullable String miscalled(Check.Calls wanted, List<ToolCall> calls) {
    if (calls.size() != 1) {
      return "expected one call of " + wanted.name() + ", got " + calls.size() + " calls";
    }
    ToolCall call = calls.getFirst();
    if (!call.name().equals(wanted.name())) {
      return "expected a call of " + wanted.name() + ", got " + call.name();
    }
    for (Map.Entry<String, Object> each : wanted.arguments().entrySet()) {
      Object said = call.arguments().get(each.getKey());
      if (!sameValue(each.getValue(), said)) {
        return "expected " + each.getKey() + " = " + each.getValue() + ", got " + said;
      }
    }
    String arguments = canonical(String.valueOf(call.arguments().values()));
    for (String each : wanted.mentions()) {
      if (!arguments.contains(canonical(each))) {
        return "expected '" + each + "' in the arguments, got " + call.arguments();
      }
    }
    return null;
  }

  private static boolean sameValue(Object wanted, @Nullable Object said) {
    if (said == null) {
      return false;
    }
    BigDecimal a = number(wanted);
    BigDecimal b = number(said);
    if (a != null && b != null) {
      return a.compareTo(b) == 0;
    }
    return canonical(wanted.toString())
        .replace(" ", "")
        .equals(canonical(said.toString()).replace(" ", ""));
  }

  private static @Nullable BigDecimal number(Object value) {
    try {
      return new BigDecimal(value.toString().strip());
    } catch (NumberFormatException e) {
      return null;
    }
  }

  private static @Nullable JsonNode json(String text) {
    String body = text.strip();
    var fenced = FENCE.matcher(body);
    if (fenced.matches()) {
      body = Objects.requireNonNull(fenced.group(1));
    }
    if (!body.startsWith("{") && !body.startsWith("[")) {
      return null;
    }
    try {
      return Json.mapper().readTree(body);
    } catch (JacksonException e) {
      return null;
    }
  }

  private static boolean sameJson(JsonNode a, JsonNode b) {
    if (a.isNumber() && b.isNumber()) {
      return a.decimalValue().compareTo(b.decimalValue()) == 0;
    }
    if (a.isObject() && b.isObject()) {
      if (a.size() != b.size()) {
        return false;
      }
      for (var each : a.properties()) {
        JsonNode other = b.get(each.getKey());
        if (other == null || !sameJson(each.getValue(), other)) {
          return false;
        }
      }
      return true;
    }
    if (a.isArray() && b.isArray()) {
      if (a.size() != b.size()) {
        return false;
      }
      for (int i = 0; i < a.size(); i++) {
        if (!sameJson(a.get(i), b.get(i))) {
          return false;
        }
      }
      return true;
    }
    return a.equals(b);
  }

  /** Lower case, single spaces, straight quotes, no thousands separators. */
  private static String canonical(String text) {
    String plain =
        SPACE.matcher(text.strip().toLowerCase(Locale.ROOT)).replaceAll(" ").replace('’', '\'');
    return THOUSANDS.matcher(plain).replaceAll("");
  }

  private static String bare(String text) {
    String plain = canonical(text).replaceAll("[\"'“”]", "");
    return plain.replaceAll("[.!\\s]+$", "");
  }

  private static boolean containsWords(String text, String words) {
    String hay = canonical(text);
    String needle = canonical(words);
    for (int at = hay.indexOf(needle); at >= 0; at = hay.indexOf(needle, at + 1)) {
      if (startsWord(hay, at, needle) && endsWord(hay, at + needle.length(), needle)) {
        return true;
      }
    }
    return false;
  }

  private static boolean startsWord(String hay, int at, String needle) {
    if (at == 0 || needle.isEmpty() || !Character.isLetterOrDigit(needle.charAt(0))) {
      return true;
    }
    char before = hay.charAt(at - 1);
    boolean digit = Character.isDigit(needle.charAt(0));
    boolean decimal = digit && before == '.' && at > 1 && Character.isDigit(hay.charAt(at - 2));
    boolean negative = digit && before == '-' && (at == 1 || hay.charAt(at - 2) == ' ');
    return !Character.isLetterOrDigit(before) && !decimal && !negative;
  }

  private static boolean endsWord(String hay, int end, String needle) {
    if (end == hay.length()
        || needle.isEmpty()
        || !Character.isLetterOrDigit(needle.charAt(needle.length() - 1))) {
      return true;
    }
    char after = hay.charAt(end);
    boolean decimal =
        after == '.'
            && Character.isDigit(needle.charAt(needle.length() - 1))
            && end + 1 < hay.length()
            && Character.isDigit(hay.charAt(end + 1));
    return !Character.isLetterOrDigit(after) && !decimal;
  }
}
