package dev.mneme.preference.dialogue;

import dev.mneme.preference.dialogue.Lexicon.Cue;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Computes the {@link Feature}s of one reply. Pure; every figure is from the words alone. */
final class FeatureReader {
  /** Earlier replies looked at for repetition and contradiction. */
  private static final int MEMORY = 20;

  private static final Set<String> THIRD_PERSON = Set.of("he", "she", "him", "her", "his", "hers");
  private static final Set<String> NEGATIONS =
      Set.copyOf(
          List.of(
              ("not no never don't dont doesn't didn't isn't wasn't aren't can't cannot won't"
                      + " haven't hasn't none nothing")
                  .split(" ")));
  private static final Set<String> YES_NO_ANSWERS =
      Set.copyOf(
          List.of(
              ("yes yeah yep yup no nope nah sure definitely absolutely maybe probably of i not"
                      + " never sometimes always sadly unfortunately")
                  .split(" ")));
  private static final Set<String> GREETINGS = Set.of("hi", "hello", "hey", "hiya", "greetings");
  private static final Set<String> REASONS = Set.of("because", "since", "so", "due", "reason");

  private FeatureReader() {}

  static double[] read(Dialogue dialogue, int reply) {
    dialogue.requireReply(reply);
    int requestAt = dialogue.personBefore(reply);
    int nextAt = dialogue.personAfter(reply);
    Speech request = dialogue.speech(requestAt);
    Speech said = dialogue.speech(reply);
    double[] x = new double[Feature.values().length];
    next(x, request, said, nextAt < 0 ? null : dialogue.speech(nextAt));
    reply(x, dialogue, reply, requestAt, request, said);
    place(x, dialogue, reply, requestAt, request);
    return x;
  }

  private static void next(
      double[] x, Speech request, Speech said, @org.jspecify.annotations.Nullable Speech next) {
    if (next == null) {
      set(x, Feature.NO_NEXT, 1);
      return;
    }
    double complaint = next.cue(Cue.COMPLAINT);
    double clarification = next.cue(Cue.CLARIFICATION);
    double correction = next.cue(Cue.CORRECTION);
    set(x, Feature.NEXT_THANKS, next.cue(Cue.THANKS));
    set(x, Feature.NEXT_PRAISE, next.cue(Cue.PRAISE));
    set(x, Feature.NEXT_ACCEPTS, next.cue(Cue.ACCEPT));
    set(x, Feature.NEXT_COMPLAINT, complaint);
    set(x, Feature.NEXT_CORRECTION, correction);
    set(x, Feature.NEXT_CLARIFICATION, clarification);
    set(x, Feature.NEXT_REFUSAL, next.cue(Cue.REFUSAL));
    set(x, Feature.NEXT_LEAVES, next.cue(Cue.LEAVING));
    set(x, Feature.NEXT_POSITIVE, saturate(next.positive));
    set(x, Feature.NEXT_NEGATIVE, saturate(next.negative));
    double again = rephrasing(request, next);
    set(x, Feature.NEXT_REPHRASES, again);
    double builds = said.content.isEmpty() ? 0 : saturate(newlyShared(request, said, next));
    set(x, Feature.NEXT_BUILDS, builds);
    boolean substantial = next.content.size() >= 3 || next.isQuestion();
    boolean related =
        next.shared(said) > 0
            || next.shared(request) > 0
            || (next.topics & (said.topics | request.topics)) != 0;
    set(x, Feature.NEXT_SHIFTS, substantial && !next.content.isEmpty() && !related ? 1 : 0);
    set(x, Feature.NEXT_LENGTH, length(next));
    boolean warm = next.positive > 0 || next.cue(Cue.PRAISE) > 0 || next.cue(Cue.THANKS) > 0;
    set(x, Feature.NEXT_CURT, next.words.size() <= 2 && !warm ? 1 : 0);
    set(x, Feature.NEXT_ASKS, next.isQuestion() ? 1 : 0);
    set(x, Feature.NEXT_SHOUTS, next.shouts ? 1 : 0);
    set(x, Feature.NEXT_EXCLAIMS, next.exclaims && !next.shouts && complaint == 0 ? 1 : 0);
    if (said.isQuestion()) {
      boolean trouble = complaint > 0 || clarification > 0 || correction > 0;
      boolean answers = !trouble && (!next.isQuestion() || next.shared(said) > 0);
      set(x, answers ? Feature.NEXT_ANSWERS : Feature.NEXT_IGNORES, 1);
    }
  }

  /** How much the next turn asks for the same as the request, in [0, 1]; 0 below one half. */
  static double rephrasing(Speech request, Speech next) {
    if (request.content.isEmpty() || next.content.isEmpty()) {
      return request.words.size() >= 2 && request.words.equals(next.words) ? 1 : 0;
    }
    if (request.shared(next) < Math.min(2, request.content.size())) {
      return 0;
    }
    double similarity = Math.max(request.similarity(next), 0.8 * request.overlap(next));
    return similarity < 0.5 ? 0 : similarity;
  }

  private static int newlyShared(Speech request, Speech said, Speech next) {
    int count = 0;
    for (String each : next.content) {
      if (said.content.contains(each) && !request.content.contains(each)) {
        count++;
      }
    }
    return count;
  }

  private static void reply(
      double[] x, Dialogue dialogue, int reply, int requestAt, Speech request, Speech said) {
    set(x, Feature.REPLY_OVERLAP, saturate(said.shared(request)));
    Speech earlier = dialogue.speech(requestAt < 0 ? -1 : dialogue.replyBefore(requestAt));
    Speech before = dialogue.speech(requestAt < 0 ? -1 : dialogue.personBefore(requestAt));
    set(x, Feature.REPLY_CONTEXT, saturate(said.shared(earlier) + said.shared(before)));
    long asked = request.topics != 0 ? request.topics : earlier.topics | before.topics;
    boolean sameSubject = (said.topics & asked) != 0;
    set(x, Feature.REPLY_SAME_SUBJECT, sameSubject ? 1 : 0);
    boolean otherSubject =
        !sameSubject && said.topics != 0 && asked != 0 && said.shared(request) == 0;
    set(x, Feature.REPLY_OTHER_SUBJECT, otherSubject ? 1 : 0);
    boolean touches = sameSubject || said.shared(request) > 0;
    boolean fits = fits(request, said);
    boolean comparable = request.content.size() >= 1 && said.content.size() >= 2;
    set(x, Feature.REPLY_UNRELATED, comparable && !touches && !fits ? 1 : 0);
    set(x, Feature.REPLY_FITS_QUESTION, fits ? 1 : 0);
    set(x, Feature.REPLY_EVADES, request.isQuestion() && !fits && !touches ? 1 : 0);
    repetition(x, dialogue, reply, said);
    boolean echo = request.content.size() >= 2 && request.similarity(said) >= 0.8;
    set(x, Feature.REPLY_ECHOES, echo ? 1 : 0);
    double generic = said.cue(Cue.GENERIC);
    set(x, Feature.REPLY_GENERIC, said.words.size() <= 8 ? generic : generic / 2);
    set(x, Feature.REPLY_FAILS, said.cue(Cue.FAILURE));
    set(x, Feature.REPLY_SHORT, said.words.size() <= 3 ? 1 : 0);
    set(x, Feature.REPLY_LENGTH, length(said));
    set(x, Feature.REPLY_ASKS, said.isQuestion() ? 1 : 0);
    set(x, Feature.REPLY_STUTTERS, stutter(said.words));
    boolean thirdPerson = said.words.stream().anyMatch(THIRD_PERSON::contains);
    boolean introduced =
        said.hasName
            || request.hasName
            || request.asks == Speech.Asks.PERSON
            || request.words.stream().anyMatch(THIRD_PERSON::contains);
    set(x, Feature.REPLY_DANGLING, thirdPerson && !introduced ? 1 : 0);
    boolean greets = !said.words.isEmpty() && GREETINGS.contains(said.words.getFirst());
    boolean greeted = request.words.stream().anyMatch(GREETINGS::contains);
    set(x, Feature.REPLY_LATE_GREETING, greets && !greeted && requestAt > 1 ? 1 : 0);
    set(x, Feature.REPLY_WARM, saturate(said.positive));
  }

  private static void repetition(double[] x, Dialogue dialogue, int reply, Speech said) {
    double repeats = 0;
    boolean contradicts = false;
    boolean negative = negative(said);
    int seen = 0;
    for (int i = reply - 1; i >= 0 && seen < MEMORY; i--) {
      if (dialogue.speaker(i) != Utterance.Speaker.ASSISTANT) {
        continue;
      }
      seen++;
      Speech earlier = dialogue.speech(i);
      double similarity =
          said.content.isEmpty()
              ? (said.words.size() > 1 && said.words.equals(earlier.words) ? 1 : 0)
              : said.similarity(earlier);
      boolean substantial = said.content.size() >= 2 || similarity == 1;
      if (substantial && similarity >= 0.5) {
        repeats = Math.max(repeats, similarity);
        contradicts |= negative(earlier) != negative && similarity < 1;
      }
    }
    set(x, Feature.REPLY_REPEATS, repeats);
    set(x, Feature.REPLY_CONTRADICTS, contradicts ? 1 : 0);
  }

  private static boolean negative(Speech said) {
    return said.words.stream().anyMatch(NEGATIONS::contains);
  }

  /** Whether the reply has the form the question asks for. */
  private static boolean fits(Speech request, Speech said) {
    if (said.isEmpty()) {
      return false;
    }
    return switch (request.asks) {
      case NOTHING -> false;
      case YES_NO -> YES_NO_ANSWERS.contains(said.words.getFirst());
      case PERSON -> said.hasName;
      case TIME, NUMBER -> said.hasNumber;
      case PLACE -> said.hasName || said.words.contains("in") || said.words.contains("at");
      case REASON -> said.words.stream().anyMatch(REASONS::contains);
      case OTHER -> !said.isQuestion() && said.shared(request) > 0;
    };
  }

  /** The share of word pairs that were said before in the same reply. */
  private static double stutter(List<String> words) {
    if (words.size() < 6) {
      return 0;
    }
    Map<String, Integer> pairs = new HashMap<>();
    int repeated = 0;
    for (int i = 1; i < words.size(); i++) {
      if (pairs.merge(words.get(i - 1) + " " + words.get(i), 1, Integer::sum) > 1) {
        repeated++;
      }
    }
    double share = repeated / (double) (words.size() - 1);
    return share < 0.1 ? 0 : Math.min(1, 2 * share);
  }

  private static void place(
      double[] x, Dialogue dialogue, int reply, int requestAt, Speech request) {
    double troubled = Math.max(request.cue(Cue.COMPLAINT), request.cue(Cue.CLARIFICATION));
    boolean answersSomething = requestAt >= 0 && dialogue.replyBefore(requestAt) >= 0;
    set(
        x,
        Feature.REQUEST_TROUBLED,
        answersSomething ? Math.max(troubled, request.cue(Cue.CORRECTION)) : 0);
    set(x, Feature.OPENING, dialogue.replyBefore(reply) < 0 ? 1 : 0);
    for (int i = reply - 1; i > requestAt; i--) {
      if (dialogue.speaker(i) == Utterance.Speaker.TOOL) {
        boolean failed = ToolOutcome.failed(dialogue.utterances().get(i).text());
        set(x, failed ? Feature.TOOL_FAILED : Feature.TOOL_WORKED, 1);
        return;
      }
    }
  }

  private static void set(double[] x, Feature feature, double value) {
    x[feature.at()] = value;
  }

  private static double saturate(int count) {
    return 1 - Math.exp(-count / 1.5);
  }

  private static double length(Speech speech) {
    return Math.min(1, Math.log1p(speech.words.size()) / Math.log(41));
  }
}
