package dev.mneme.preference.dialogue;

import dev.mneme.data.Signal.Kind;
import dev.mneme.preference.dialogue.Lexicon.Cue;
import dev.mneme.preference.dialogue.Lexicon.Hit;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Finds the implicit signals about each reply of a dialogue: deterministic, and every one says what
 * it saw. What needs more than the words of the dialogue (broken form instructions, contradicted
 * memories) is read by the extractor, which knows the person's standing wishes.
 *
 * <p>Stateless and thread-safe.
 */
public final class SignalReader {
  /** Below this a phrase is small talk, not a signal. */
  private static final double CLEAR = 0.6;

  private SignalReader() {}

  /** The signals about every reply, in dialogue order. */
  public static List<Sighting> read(Dialogue dialogue) {
    var found = new ArrayList<Sighting>();
    List<Integer> replies = dialogue.replies();
    for (int i = 0; i < replies.size(); i++) {
      int reply = replies.get(i);
      boolean closesTurn =
          i + 1 == replies.size()
              || dialogue.personAfter(reply) != dialogue.personAfter(replies.get(i + 1));
      tools(dialogue, reply, found);
      repetition(dialogue, reply, found);
      int nextAt = dialogue.personAfter(reply);
      // A reaction judges the last thing said before it.
      if (nextAt >= 0 && closesTurn) {
        reaction(dialogue, reply, nextAt, found);
      } else if (nextAt < 0 && i + 1 == replies.size()) {
        abandonment(dialogue, reply, found);
      }
    }
    return found;
  }

  private static void reaction(Dialogue dialogue, int reply, int nextAt, List<Sighting> found) {
    Speech request = dialogue.speech(dialogue.personBefore(reply));
    Speech said = dialogue.speech(reply);
    Speech next = dialogue.speech(nextAt);
    int before = found.size();
    phrase(found, reply, Kind.COMPLAINT, -1, next.cues.get(Cue.COMPLAINT));
    Hit correction = next.cues.get(Cue.CORRECTION);
    // "No, ..." to a question of the assistant's answers it.
    boolean answer =
        said.isQuestion() && correction != null && correction.phrase().startsWith("no ");
    phrase(found, reply, Kind.CORRECTION, -0.8, answer ? null : correction);
    phrase(found, reply, Kind.CLARIFICATION_REQUEST, -0.7, next.cues.get(Cue.CLARIFICATION));
    double again = FeatureReader.rephrasing(request, next);
    boolean asks = request.isQuestion() || request.content.size() >= 3;
    boolean asksAgain = again >= 0.6 && asks && next.cue(Cue.THANKS) == 0;
    if (asksAgain) {
      found.add(
          new Sighting(
              reply,
              Kind.REPHRASE,
              -0.8,
              Math.min(1, again),
              "asks again: \"" + clip(request.text) + "\" then \"" + clip(next.text) + "\""));
    }
    boolean trouble = found.size() > before;
    if (!trouble) {
      phrase(found, reply, Kind.THANKS, 0.8, next.cues.get(Cue.THANKS));
      phrase(found, reply, Kind.PRAISE, 1, next.cues.get(Cue.PRAISE));
      followUp(request, said, next, reply, found);
    }
  }

  private static void phrase(
      List<Sighting> found, int reply, Kind kind, double direction, @Nullable Hit hit) {
    if (hit != null && hit.intensity() >= CLEAR) {
      String name = kind.name().toLowerCase(Locale.ROOT).replace('_', ' ');
      found.add(
          new Sighting(
              reply, kind, direction, hit.intensity(), name + ": \"" + hit.phrase() + "\""));
    }
  }

  private static void followUp(
      Speech request, Speech said, Speech next, int reply, List<Sighting> found) {
    var taken = new ArrayList<String>();
    for (String each : next.content) {
      if (said.content.contains(each) && !request.content.contains(each)) {
        taken.add(each);
      }
    }
    boolean declines = next.cue(Cue.REFUSAL) >= CLEAR || next.negative > next.positive;
    if (!taken.isEmpty() && next.words.size() >= 3 && !declines) {
      taken.sort(null);
      found.add(
          new Sighting(
              reply,
              Kind.FOLLOW_UP,
              0.5,
              // Taking words up in a bare question or a denial may as well be doubt.
              Math.min(
                  next.positive == 0 && (next.isQuestion() || next.denies()) ? 0.6 : 1,
                  0.4 + 0.2 * taken.size()),
              "builds on the reply's \"" + String.join("\", \"", taken) + "\""));
    }
  }

  private static void tools(Dialogue dialogue, int reply, List<Sighting> found) {
    for (int i = reply - 1; i >= 0; i--) {
      switch (dialogue.speaker(i)) {
        case PERSON -> {
          return;
        }
        case ASSISTANT -> {
          if (!dialogue.utterances().get(i).text().isBlank()) {
            return;
          }
        }
        case TOOL -> {
          String result = dialogue.utterances().get(i).text();
          boolean failed = ToolOutcome.failed(result);
          found.add(
              new Sighting(
                  reply,
                  failed ? Kind.TOOL_FAILURE : Kind.TOOL_SUCCESS,
                  failed ? -0.6 : 0.4,
                  failed ? 0.7 : 0.4,
                  (failed ? "a tool failed: \"" : "a tool worked: \"") + clip(result) + "\""));
          return;
        }
      }
    }
  }

  private static void repetition(Dialogue dialogue, int reply, List<Sighting> found) {
    Speech said = dialogue.speech(reply);
    int earlier = dialogue.replyBefore(reply);
    for (int seen = 0; earlier >= 0 && seen < 5; seen++) {
      Speech other = dialogue.speech(earlier);
      double similarity = said.similarity(other);
      if (said.content.size() >= 4 && similarity >= 0.8) {
        found.add(
            new Sighting(
                reply,
                Kind.REPETITION,
                -0.6,
                similarity,
                "says again what it said before: \"" + clip(other.text) + "\""));
        return;
      }
      earlier = dialogue.replyBefore(earlier);
    }
  }

  /** The person left right after a reply that failed, without a word. */
  private static void abandonment(Dialogue dialogue, int reply, List<Sighting> found) {
    Speech said = dialogue.speech(reply);
    int asked = dialogue.personBefore(reply);
    Speech request = dialogue.speech(asked);
    // What opens the conversation can complain of many things, but of no reply.
    boolean first = dialogue.replies().getFirst() > asked;
    double troubled =
        first
            ? 0
            : Math.max(
                request.cue(Cue.COMPLAINT),
                Math.max(request.cue(Cue.CORRECTION), request.cue(Cue.CLARIFICATION)));
    if (said.cue(Cue.FAILURE) >= CLEAR || troubled >= CLEAR) {
      found.add(
          new Sighting(
              reply,
              Kind.ABANDONMENT,
              -0.5,
              0.5,
              troubled >= CLEAR
                  ? "left without a word after complaining: \"" + clip(request.text) + "\""
                  : "left without a word after: \"" + clip(said.text) + "\""));
    }
  }

  private static String clip(String text) {
    String line = text.strip().replaceAll("\\s+", " ");
    return line.length() <= 80 ? line : line.substring(0, 79) + "…";
  }
}
