package dev.mneme.preference;

import dev.mneme.data.Evidence;
import dev.mneme.data.Message;
import dev.mneme.data.Scope;
import java.time.Instant;
import java.util.List;

/**
 * A reply with what became of it, kept as long as pairs may come of it.
 *
 * @param turnId the reply's turn
 * @param scope whose conversation
 * @param index position in the session
 * @param request the person's words it answers
 * @param system the system message it was given, as far as the log tells; empty for none
 * @param prompt the conversation up to and including the request, cut to size
 * @param reply the assistant's messages
 * @param value satisfaction in [0, 1]
 * @param confidence in [0, 1]
 * @param intensity of the strongest signal, in [0, 1]
 * @param explicit whether the person acted on it, rather than just spoke on
 * @param liked whether the person showed that they liked it, and nothing that they did not
 * @param disliked whether the person showed that they did not like it
 * @param confirmed whether the person or a tool bore it out
 * @param borrowed the share of its words that recalled or tool text said first, in a run
 * @param at when it was last judged
 * @param evidence why
 */
record JudgedReply(
    String turnId,
    Scope scope,
    int index,
    String request,
    String system,
    List<Message> prompt,
    List<Message> reply,
    double value,
    double confidence,
    double intensity,
    boolean explicit,
    boolean liked,
    boolean disliked,
    boolean confirmed,
    double borrowed,
    Instant at,
    List<Evidence> evidence) {
  JudgedReply {
    system = system == null ? "" : system;
    prompt = List.copyOf(prompt);
    reply = List.copyOf(reply);
    evidence = List.copyOf(evidence);
  }

  String text() {
    var text = new StringBuilder();
    for (Message each : reply) {
      if (!text.isEmpty() && !each.content().isEmpty()) {
        text.append('\n');
      }
      text.append(each.content());
    }
    return text.toString();
  }
}
