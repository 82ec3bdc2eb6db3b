package dev.mneme.evals.satisfaction;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import tools.jackson.databind.JsonNode;

/** Reads the public sets of rated dialogues in their own formats. */
public final class RatedDialogues {
  /** A set's own format. */
  public enum Format {
    /** ConTurE: JSON; every chatbot turn rated 0, 1 or 2; 0 is dissatisfied. */
    CONTURE,
    /**
     * AB-ReDial: CSV; every exchange of four turns rated 1 to 5; a mean up to 3 is dissatisfied.
     */
    AB_REDIAL,
    /**
     * USS: tab-separated turns, blank line between dialogues; every user turn rated 1 to 5 for the
     * system turn before it; a mean below 3 is dissatisfied.
     */
    USS;

    /** The name on the command line. */
    public String wireName() {
      return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /**
     * The format of this name.
     *
     * @throws IllegalArgumentException when there is none
     */
    public static Format of(String name) {
      for (Format each : values()) {
        if (each.wireName().equals(name.toLowerCase(Locale.ROOT).replace('_', '-'))) {
          return each;
        }
      }
      throw new IllegalArgumentException(
          "unknown satisfaction format " + name + "; expected conture, ab-redial or uss");
    }
  }

  private RatedDialogues() {}

  /**
   * All dialogues of a file.
   *
   * @throws IllegalArgumentException when the file does not have the format
   * @throws UncheckedIOException when it cannot be read
   */
  public static List<RatedDialogue> read(Format format, Path file) {
    String text;
    try {
      text = Files.readString(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
    List<RatedDialogue> dialogues =
        switch (format) {
          case CONTURE -> conture(text);
          case AB_REDIAL -> abRedial(text);
          case USS -> uss(text);
        };
    if (dialogues.stream().allMatch(each -> each.rated().isEmpty())) {
      throw new IllegalArgumentException(
          file + " holds no rated turn in the format " + format.wireName());
    }
    return dialogues;
  }

  /** Only turns with a person's turn after them are rated: the reaction is what is judged by. */
  private static List<RatedDialogue> conture(String text) {
    var dialogues = new ArrayList<RatedDialogue>();
    for (JsonNode dialogue : Json.mapper().readTree(text)) {
      var messages = new ArrayList<Message>();
      var rated = new ArrayList<RatedDialogue.Rated>();
      List<JsonNode> turns = new ArrayList<>();
      dialogue.path("turns").forEach(turns::add);
      for (int i = 0; i < turns.size(); i++) {
        JsonNode turn = turns.get(i);
        messages.add(Message.user(unlabelled(turn.path("user").asString(""))));
        messages.add(Message.assistant(unlabelled(turn.path("chatbot").asString(""))));
        JsonNode rating = turn.path("overall impression");
        if (rating.isNumber() && i + 1 < turns.size()) {
          double value = rating.asDouble();
          rated.add(new RatedDialogue.Rated(List.of(messages.size() - 1), value, value == 0));
        }
      }
      String id = dialogue.path("dialog_id").asString("" + dialogues.size());
      dialogues.add(new RatedDialogue(id, messages, rated));
    }
    return dialogues;
  }

  private static String unlabelled(String text) {
    return text.replaceFirst("^\\s*(User|Chatbot)\\s*:\\s*", "");
  }

  private static List<RatedDialogue> abRedial(String text) {
    Map<List<String>, List<Map<String, String>>> byDialogue = new LinkedHashMap<>();
    for (Map<String, String> row : Csv.rows(text)) {
      var key = new ArrayList<String>();
      key.add(row.getOrDefault("ConvId", ""));
      for (int i = 0; row.containsKey("utterance" + i); i++) {
        key.add(row.getOrDefault("utterance" + i, ""));
      }
      byDialogue.computeIfAbsent(List.copyOf(key), k -> new ArrayList<>()).add(row);
    }
    var dialogues = new ArrayList<RatedDialogue>();
    byDialogue.forEach(
        (key, rows) ->
            dialogues.add(
                abRedial(
                    key.getFirst() + "#" + dialogues.size(), key.subList(1, key.size()), rows)));
    return dialogues;
  }

  private static RatedDialogue abRedial(
      String id, List<String> utterances, List<Map<String, String>> rows) {
    var messages = new ArrayList<Message>();
    for (String each : utterances) {
      boolean system = each.stripLeading().regionMatches(true, 0, "SYSTEM", 0, 6);
      String said = each.strip().replaceFirst("(?i)^(SYSTEM|USER)[\\s\\u2003:]*", "");
      messages.add(system ? Message.assistant(said) : Message.user(said));
    }
    var rated = new ArrayList<RatedDialogue.Rated>();
    for (int exchange = 1; 4 * exchange <= utterances.size(); exchange++) {
      String column = "overall" + exchange;
      double[] ratings =
          rows.stream()
              .map(row -> row.getOrDefault(column, ""))
              .filter(value -> !value.isBlank())
              .mapToDouble(Double::parseDouble)
              .toArray();
      var replies = new ArrayList<Integer>();
      for (int i = 4 * (exchange - 1); i < 4 * exchange; i++) {
        if (messages.get(i).role() == Role.ASSISTANT) {
          replies.add(i);
        }
      }
      if (ratings.length > 0 && !replies.isEmpty()) {
        double mean = java.util.Arrays.stream(ratings).average().orElseThrow();
        rated.add(new RatedDialogue.Rated(replies, mean, mean <= 3));
      }
    }
    return new RatedDialogue(id, messages, rated);
  }

  private static List<RatedDialogue> uss(String text) {
    var dialogues = new ArrayList<RatedDialogue>();
    for (String block : text.replace("\r", "").split("\\n\\s*\\n")) {
      var messages = new ArrayList<Message>();
      var rated = new ArrayList<RatedDialogue.Rated>();
      for (String line : block.split("\n")) {
        String[] fields = line.split("\t", -1);
        if (fields.length < 2 || fields[1].strip().equalsIgnoreCase("OVERALL")) {
          continue;
        }
        boolean user = fields[0].strip().equalsIgnoreCase("USER");
        double[] ratings = user && fields.length > 3 ? numbers(fields[3]) : new double[0];
        int last = messages.size() - 1;
        boolean follows = last >= 0 && messages.get(last).role() == Role.ASSISTANT;
        if (ratings.length > 0 && follows) {
          double mean = java.util.Arrays.stream(ratings).average().orElseThrow();
          rated.add(new RatedDialogue.Rated(List.of(last), mean, majority(ratings) < 3));
        }
        messages.add(user ? Message.user(fields[1]) : Message.assistant(fields[1]));
      }
      if (!messages.isEmpty()) {
        dialogues.add(new RatedDialogue("" + dialogues.size(), messages, rated));
      }
    }
    return dialogues;
  }

  private static double[] numbers(String field) {
    return java.util.Arrays.stream(field.split(","))
        .map(String::strip)
        .filter(each -> each.matches("[0-9]+([.][0-9]+)?"))
        .mapToDouble(Double::parseDouble)
        .toArray();
  }

  /** The most frequent rating; of several, the one nearest the mean, then the lower. */
  private static double majority(double[] ratings) {
    double mean = java.util.Arrays.stream(ratings).average().orElseThrow();
    double best = ratings[0];
    long most = 0;
    for (double each : java.util.Arrays.stream(ratings).distinct().sorted().toArray()) {
      long count = java.util.Arrays.stream(ratings).filter(r -> r == each).count();
      if (count > most || (count == most && Math.abs(each - mean) < Math.abs(best - mean))) {
        most = count;
        best = each;
      }
    }
    return best;
  }
}
