package dev.mneme.preference;

import dev.mneme.data.Evidence;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair.Origin;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Two replies of which one was preferred, before weighting and censoring.
 *
 * @param origin how it arose
 * @param system the system message that both sides answer under; empty for none
 * @param prompt the request both sides answer, with its context
 * @param chosen the better side
 * @param rejected the worse side
 * @param intensity of the signal that says so, in [0, 1]
 * @param confidence in [0, 1]
 * @param at when the preference was expressed
 * @param because the pair's own reason, before its sides'
 */
record Candidate(
    Origin origin,
    String system,
    List<Message> prompt,
    JudgedReply chosen,
    JudgedReply rejected,
    double intensity,
    double confidence,
    Instant at,
    List<Evidence> because) {
  Candidate {
    system = system == null ? "" : system;
    prompt = List.copyOf(prompt);
    because = List.copyOf(because);
  }

  /**
   * The content hash: the same prompt and sides are the same pair, however often they occur and
   * whatever was remembered then.
   */
  String id() {
    return id(prompt, chosen.reply(), rejected.reply());
  }

  /** A conversation under a system message, if there is one: the prompt as the model had it. */
  static List<Message> under(String system, List<Message> conversation) {
    if (system.isEmpty()) {
      return conversation;
    }
    var prompt = new ArrayList<Message>();
    prompt.add(Message.system(system));
    prompt.addAll(conversation);
    return prompt;
  }

  static String id(List<Message> prompt, List<Message> chosen, List<Message> rejected) {
    var parts = new ArrayList<String>();
    for (List<Message> side : List.of(prompt, chosen, rejected)) {
      parts.add("" + side.size());
      for (Message each : side) {
        parts.add(each.role().wireName());
        parts.add(each.content());
        parts.add(each.toolCalls().toString());
      }
    }
    return Hashes.sha256(parts.toArray(String[]::new));
  }

  List<Evidence> evidence() {
    var all = new LinkedHashSet<Evidence>(because);
    all.addAll(chosen.evidence());
    all.addAll(rejected.evidence());
    return List.copyOf(all);
  }
}
