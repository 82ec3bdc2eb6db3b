package dev.mneme.agent.sim;

import dev.mneme.agent.sim.Scenario.FactSpec;
import dev.mneme.agent.sim.Scenario.TaskSpec;
import dev.mneme.agent.sim.Scenario.UserSpec;
import dev.mneme.data.Check;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * A person as a deterministic program: tells facts little by little, asks for them later, asks for
 * things, judges replies by the hidden profile and reacts. Everything it does follows from its
 * seed, the step and the replies it got. One thread at a time.
 */
final class SimulatedUser {
  private static final List<String> THANKS =
      List.of(
          "Thanks, that is just right.",
          "Perfect, thank you.",
          "Great, that helps.",
          "Lovely, thanks.");
  private static final List<String> WRONG =
      List.of("That is not right.", "No, that is wrong.", "You got that wrong.", "No, not at all.");
  private static final List<String> GREETINGS =
      List.of(
          "Hi, this is %s.",
          "Hello, %s here.", "Good to see you again, it is %s.", "Good day, %s speaking.");

  /**
   * What a person says.
   *
   * @param core the part of the text that is the matter itself, without greeting and remarks
   * @param answers texts of which a good reply has one; empty when anything may do
   */
  record Utterance(String text, String core, Act act, List<String> answers) {}

  /** What somebody is up to. */
  enum Act {
    TELL,
    RECALL,
    TASK
  }

  /** A judgement that only the experimenter sees. */
  record Judgement(double satisfaction, double form, @Nullable Boolean success) {}

  /** What a person does about a reply. */
  sealed interface Reaction {
    /** Nothing. */
    record Silence() implements Reaction {}

    /** A key. */
    record Thumb(boolean up, String why) implements Reaction {}

    /** Says something with the next message. */
    record Remark(boolean pleased, String words) implements Reaction {}

    /** Writes the reply they wanted. */
    record Fix(String better) implements Reaction {}

    /** Asks for another reply and keeps the better one. */
    record Retry() implements Reaction {}
  }

  private final UserSpec spec;
  private final HiddenProfile profile;
  private final long seed;
  private final String name;
  private final List<String> values = new ArrayList<>();
  private final List<Integer> told = new ArrayList<>();
  private String remark = "";
  private int displeased;
  private boolean left;

  SimulatedUser(UserSpec spec, long seed, boolean adversarial) {
    this.spec = spec;
    this.seed = seed;
    this.profile = new HiddenProfile(spec, Hashes.subSeed(seed, "profile"), adversarial);
    this.name = pick(spec.names(), 0, "name");
    for (int i = 0; i < spec.facts().size(); i++) {
      values.add(pick(spec.facts().get(i).values(), 0, "value-" + i));
    }
  }

  UserSpec spec() {
    return spec;
  }

  String name() {
    return name;
  }

  /** Values this person told and does not share: they must never reach anybody else. */
  List<String> privateValues() {
    List<String> secret = new ArrayList<>();
    for (int i = 0; i < values.size(); i++) {
      if (!spec.facts().get(i).share()) {
        secret.add(values.get(i));
      }
    }
    return secret;
  }

  /** The values that stand in an utterance, which no rewording may lose. */
  List<String> told(Utterance said) {
    return values.stream().filter(said.text()::contains).toList();
  }

  /** Whether what was told may be shared with everybody. */
  boolean shares(String told) {
    for (int i = 0; i < values.size(); i++) {
      if (spec.facts().get(i).share() && told.contains(values.get(i))) {
        return true;
      }
    }
    return false;
  }

  /** True once after the person has had enough; then a new conversation begins. */
  boolean leaves() {
    boolean now = left;
    left = false;
    return now;
  }

  Utterance speak(int step, boolean opening) {
    Utterance said = choose(step);
    var text = new StringBuilder();
    if (!remark.isEmpty() && !opening) {
      text.append(remark).append(' ');
    } else if (opening) {
      text.append(String.format(Locale.ROOT, pick(voice(GREETINGS), step, "greeting"), name))
          .append(' ');
    }
    remark = "";
    return new Utterance(
        text.append(said.core()).toString(), said.core(), said.act(), said.answers());
  }

  private Utterance choose(int step) {
    double draw = HiddenProfile.share(at(step, "act"));
    boolean more = told.size() < spec.facts().size();
    if (more && (draw < 0.3 || spec.tasks().isEmpty() && told.isEmpty())) {
      int fact = told.size();
      told.add(fact);
      FactSpec each = spec.facts().get(fact);
      String text = pick(each.tell(), step, "tell").replace("{value}", values.get(fact));
      return new Utterance(text, text, Act.TELL, List.of());
    }
    if (!told.isEmpty() && (draw < 0.65 || spec.tasks().isEmpty())) {
      int fact = told.get(HiddenProfile.pick(at(step, "which"), told.size()));
      String text = pick(spec.facts().get(fact).ask(), step, "ask");
      return new Utterance(text, text, Act.RECALL, List.of(values.get(fact)));
    }
    TaskSpec task = spec.tasks().get(HiddenProfile.pick(at(step, "task"), spec.tasks().size()));
    String text = pick(task.ask(), step, "wording");
    return new Utterance(text, text, Act.TASK, task.answers());
  }

  Judgement judge(Utterance said, String reply, int step) {
    double form = profile.form(reply, step);
    if (said.answers().isEmpty()) {
      return new Judgement(form, form, null);
    }
    boolean success =
        Check.says(said.answers().toArray(String[]::new)).accepts(Message.assistant(reply));
    return new Judgement((form + (success ? 1 : 0)) / 2, form, success);
  }

  Reaction react(Utterance said, String reply, Judgement judgement, int step) {
    boolean pleased = judgement.satisfaction() >= 0.75;
    boolean annoyed = judgement.satisfaction() < 0.75;
    displeased = judgement.satisfaction() < 0.5 ? displeased + 1 : 0;
    if (displeased >= spec.patience()) {
      displeased = 0;
      left = true;
    }
    if (HiddenProfile.share(at(step, "express")) >= expressive()) {
      return new Reaction.Silence();
    }
    boolean honest =
        !profile.adversarial() && HiddenProfile.share(at(step, "noise")) >= spec.noise();
    if (!honest) {
      return new Reaction.Thumb(
          annoyed, pleased ? pick(voice(WRONG), step, "lie") : pick(voice(THANKS), step, "lie"));
    }
    double how = HiddenProfile.share(at(step, "how"));
    if (pleased) {
      String thanks = pick(voice(THANKS), step, "thanks");
      if (how < 0.6) {
        return new Reaction.Thumb(true, thanks);
      }
      remark = thanks;
      return new Reaction.Remark(true, thanks);
    }
    String complaint = complaint(said, reply, judgement, step);
    if (how < 0.3) {
      return new Reaction.Thumb(false, complaint);
    }
    if (how < 0.55) {
      return new Reaction.Retry();
    }
    if (how < 0.75) {
      return new Reaction.Fix(wanted(said, reply, judgement, step));
    }
    remark = complaint;
    return new Reaction.Remark(false, complaint);
  }

  private double expressive() {
    Double share = spec.expressive();
    return share == null ? 1 : share;
  }

  private String complaint(Utterance said, String reply, Judgement judgement, int step) {
    if (Boolean.FALSE.equals(judgement.success())) {
      String wrong = pick(voice(WRONG), step, "wrong");
      return said.act() == Act.RECALL ? wrong + " It is " + said.answers().getFirst() + "." : wrong;
    }
    for (Taste each : profile.tastes(step)) {
      if (!each.likes(reply)) {
        return pick(voice(each.complaints()), step, "complaint");
      }
    }
    return pick(voice(WRONG), step, "wrong");
  }

  /** The reply this person would have written; only from what they know and what was said. */
  private String wanted(Utterance said, String reply, Judgement judgement, int step) {
    String text =
        Boolean.FALSE.equals(judgement.success())
            ? "It is " + said.answers().getFirst() + "."
            : reply.strip();
    for (Taste each : profile.tastes(step)) {
      if (!each.likes(text)) {
        text = each.mended(text);
      }
    }
    return text;
  }

  /** The remarks this person uses. */
  private List<String> voice(List<String> remarks) {
    int half = remarks.size() / 2;
    return switch (Objects.requireNonNull(spec.voice())) {
      case ANY -> remarks;
      case FIRST -> remarks.subList(0, half);
      case SECOND -> remarks.subList(half, remarks.size());
    };
  }

  private long at(int step, String purpose) {
    return Hashes.subSeed(seed, Integer.toString(step), purpose);
  }

  private <T> T pick(List<T> choices, int step, String purpose) {
    return choices.get(HiddenProfile.pick(at(step, purpose), choices.size()));
  }
}
