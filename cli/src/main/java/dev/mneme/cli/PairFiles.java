package dev.mneme.cli;

import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import tools.jackson.core.JacksonException;

/** Pairs and replies as files given by people, who may have written them by hand. Stateless. */
final class PairFiles {
  private PairFiles() {}

  /**
   * @param pairs what could be read
   * @param dropped lines left out, by reason
   */
  record Pairs(List<PreferencePair> pairs, Map<String, Integer> dropped) {}

  /**
   * Reads pairs; those whose weight is no weight are counted, anything else that is wrong is an
   * error that names the line.
   */
  static Pairs pairs(Path file) {
    requireFile(file);
    List<PreferencePair> pairs = new ArrayList<>();
    Map<String, Integer> dropped = new TreeMap<>();
    List<String> lines;
    try {
      lines = Files.readAllLines(file, StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UserError("cannot read " + file + ": " + e.getMessage(), ExitCodes.FAILURE, e);
    }
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      try {
        pairs.add(Json.mapper().readValue(lines.get(i), PreferencePair.class));
      } catch (JacksonException e) {
        if (!isAboutAWeight(e)) {
          throw new UserError(
              file + ":" + (i + 1) + ": not a preference pair: " + e.getOriginalMessage(),
              ExitCodes.USAGE,
              e);
        }
        dropped.merge("weight is negative or not a finite number", 1, Integer::sum);
      }
    }
    return new Pairs(pairs, dropped);
  }

  private static boolean isAboutAWeight(JacksonException e) {
    String message = String.valueOf(e.getMessage());
    return message.contains("a weight must be finite")
        || message.contains("Non-standard token 'NaN'")
        || message.contains("Non-standard token '-Infinity'")
        || message.contains("Non-standard token 'Infinity'");
  }

  /** Reads rated replies. */
  static List<RatedReply> replies(Path file) {
    requireFile(file);
    return JsonLines.readAll(file, RatedReply.class);
  }

  /** Chosen replies of pairs as fully satisfying ones, each with its pair's weight. */
  static List<RatedReply> chosen(List<PreferencePair> pairs) {
    List<RatedReply> replies = new ArrayList<>();
    for (PreferencePair pair : pairs) {
      List<Message> chosen = pair.chosen();
      replies.add(
          new RatedReply(
              pair.id(),
              pair.scope(),
              pair.prompt(),
              chosen,
              1,
              pair.weight().confidence(),
              pair.weight().total(),
              pair.at(),
              pair.evidence()));
    }
    return replies;
  }

  private static void requireFile(Path file) {
    if (!Files.isRegularFile(file)) {
      throw new UserError("there is no file " + file);
    }
  }
}
