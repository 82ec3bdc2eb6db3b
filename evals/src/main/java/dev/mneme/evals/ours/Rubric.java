package dev.mneme.evals.ours;

import dev.mneme.evals.ours.Criterion.Dimension;
import dev.mneme.evals.ours.Criterion.Test;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.StreamSupport;
import tools.jackson.databind.JsonNode;

/**
 * The criteria of one turn, and the grade they make.
 *
 * <p>The grade is {@code 1 + 9 c (0.7 + 0.3 m)}: {@code c} is the weighted share of met criteria of
 * content (answer, facts, consistency with the first turn), {@code m} that of manner (form,
 * length). A reply that runs in circles or gives the question back gets 1.
 */
record Rubric(List<Criterion> criteria) {
  private static final double MANNER = 0.3;

  /** So often may the same four words in a row come. */
  private static final int MAX_REPEATS = 3;

  /** A question of fewer words may well be part of its answer. */
  private static final int ECHO_WORDS = 5;

  Rubric {
    criteria = List.copyOf(criteria);
    if (criteria.stream().noneMatch(each -> each.dimension().isContent())) {
      throw new IllegalArgumentException("a rubric needs at least one criterion of content");
    }
  }

  /**
   * What a reply got.
   *
   * @param value from 1 to 10
   * @param why which criteria it missed
   * @param shares of each dimension that the rubric has, from 0 to 1
   */
  record Grade(double value, String why, Map<Dimension, Double> shares) {}

  Grade grade(String question, String reply, String first) {
    var earned = new EnumMap<Dimension, Double>(Dimension.class);
    var possible = new EnumMap<Dimension, Double>(Dimension.class);
    var missed = new ArrayList<String>();
    double content = 0;
    double contentPossible = 0;
    double manner = 0;
    double mannerPossible = 0;
    for (Criterion each : criteria) {
      double score = each.score(reply, first);
      earned.merge(each.dimension(), each.weight() * score, Double::sum);
      possible.merge(each.dimension(), each.weight(), Double::sum);
      if (each.dimension().isContent()) {
        content += each.weight() * score;
        contentPossible += each.weight();
      } else {
        manner += each.weight() * score;
        mannerPossible += each.weight();
      }
      if (score < 1) {
        missed.add(each.describe() + (score > 0 ? " in part" : ""));
      }
    }
    var shares = new EnumMap<Dimension, Double>(Dimension.class);
    possible.forEach(
        (dimension, weight) -> shares.put(dimension, earned.getOrDefault(dimension, 0.0) / weight));
    String broken = broken(question, reply);
    if (!broken.isEmpty()) {
      shares.replaceAll((_, _) -> 0.0);
      return new Grade(1, broken, shares);
    }
    double mannerShare = mannerPossible == 0 ? 1 : manner / mannerPossible;
    double value = 1 + 9 * content / contentPossible * (1 - MANNER + MANNER * mannerShare);
    return new Grade(
        value, missed.isEmpty() ? "all met" : "missed " + String.join("; ", missed), shares);
  }

  private static String broken(String question, String reply) {
    List<String> said = Texts.words(reply);
    List<String> asked = Texts.words(question);
    if (said.size() >= ECHO_WORDS && asked.equals(said)) {
      return "gives the question back";
    }
    var counts = new HashMap<List<String>, Integer>();
    for (int i = 0; i + 4 <= said.size(); i++) {
      if (counts.merge(said.subList(i, i + 4), 1, Integer::sum) > MAX_REPEATS) {
        return "runs in circles: \"" + String.join(" ", said.subList(i, i + 4)) + "\"";
      }
    }
    return "";
  }

  /** Reads the criteria as the resource files have them. */
  static Rubric parse(String where, JsonNode checks) {
    var criteria = new ArrayList<Criterion>();
    for (JsonNode each : checks) {
      criteria.add(criterion(where, each));
    }
    return new Rubric(criteria);
  }

  private record Kind(Dimension dimension, Test test) {}

  private static Criterion criterion(String where, JsonNode node) {
    var names = new TreeSet<>(node.propertyNames());
    names.remove("as");
    names.remove("w");
    if (names.size() != 1) {
      throw new IllegalArgumentException(
          where + ": a criterion has one test, beside \"as\" and \"w\"; got " + node);
    }
    String name = names.first();
    Kind kind = kind(where, name, node.get(name));
    Dimension dimension =
        node.has("as")
            ? Dimension.valueOf(node.get("as").asString().toUpperCase(Locale.ROOT))
            : kind.dimension();
    return new Criterion(dimension, node.has("w") ? node.get("w").asDouble() : 1, kind.test());
  }

  private static Kind kind(String where, String name, JsonNode value) {
    return switch (name) {
      case "says" -> new Kind(Dimension.ANSWER, new Test.Says(texts(value)));
      case "all" ->
          new Kind(
              Dimension.ANSWER,
              new Test.All(
                  StreamSupport.stream(value.spliterator(), false).map(Rubric::texts).toList()));
      case "avoids" -> new Kind(Dimension.FORM, new Test.Avoids(texts(value)));
      case "exactly" -> new Kind(Dimension.ANSWER, new Test.Exactly(texts(value)));
      case "number" -> new Kind(Dimension.ANSWER, new Test.HasNumber(value.asDouble()));
      case "matches" ->
          new Kind(Dimension.ANSWER, new Test.Matches(Pattern.compile(value.asString())));
      case "json" -> new Kind(Dimension.ANSWER, new Test.Json(fields(value)));
      case "jsonOnly" -> new Kind(Dimension.FORM, new Test.JsonOnly());
      case "words" ->
          new Kind(Dimension.LENGTH, new Test.Words(value.get(0).asInt(), value.get(1).asInt()));
      case "sentences" ->
          new Kind(Dimension.FORM, new Test.Sentences(value.get(0).asInt(), value.get(1).asInt()));
      case "lines" -> new Kind(Dimension.FORM, new Test.Lines(value.asInt()));
      case "bullets" -> new Kind(Dimension.FORM, new Test.Bullets(value.asInt()));
      case "case" -> new Kind(Dimension.FORM, new Test.UpperCase());
      case "starts" -> new Kind(Dimension.FORM, new Test.Starts(value.asString()));
      case "keeps" -> new Kind(Dimension.CONSISTENCY, new Test.Keeps(value.asDouble()));
      case "reuses" -> new Kind(Dimension.CONSISTENCY, new Test.Reuses(value.asInt()));
      case "shorter" -> new Kind(Dimension.CONSISTENCY, new Test.Shorter());
      case "longer" -> new Kind(Dimension.CONSISTENCY, new Test.Longer());
      case "differs" -> new Kind(Dimension.CONSISTENCY, new Test.Differs());
      case "plus" -> new Kind(Dimension.CONSISTENCY, new Test.Plus(value.asDouble()));
      case "times" -> new Kind(Dimension.CONSISTENCY, new Test.Times(value.asDouble()));
      case "oppositeSeason" -> new Kind(Dimension.CONSISTENCY, new Test.OppositeSeason());
      case String other ->
          throw new IllegalArgumentException(where + ": there is no test called \"" + other + "\"");
    };
  }

  private static List<String> texts(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).map(JsonNode::asString).toList();
  }

  private static Map<String, JsonNode> fields(JsonNode object) {
    var fields = new LinkedHashMap<String, JsonNode>();
    object.propertyNames().forEach(each -> fields.put(each, object.get(each)));
    return fields;
  }
}
