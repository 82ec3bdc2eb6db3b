package dev.mneme.agent.sim;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatModelException;
import dev.mneme.agent.ChatRequest;
import dev.mneme.agent.sim.Scenario.Speech;
import dev.mneme.agent.sim.SimulatedUser.Utterance;
import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Lets a model find the words of a simulated person, never what they mean: it is asked to put one
 * given message differently, and where its words lose a fact the program's are said instead. What
 * was said is an event, so a replay asks no model. One thread at a time.
 */
final class ModelledSpeech {
  private static final int MAX_TOKENS = 60;

  private final @Nullable ChatModel model;
  private final int cell;
  private final Consumer<SimEvent> events;
  private final Deque<SimEvent.Worded> recorded = new ArrayDeque<>();

  ModelledSpeech(@Nullable ChatModel model, int cell, Consumer<SimEvent> events) {
    this.model = model;
    this.cell = cell;
    this.events = events;
  }

  void replay(SimEvent.Worded event) {
    recorded.addLast(event);
  }

  /**
   * What the person says.
   *
   * @param keep texts that must survive: the fact that is told
   */
  Utterance of(SimulatedUser user, Utterance meant, List<String> keep, long seed, int step) {
    if (user.spec().speech() != Speech.MODEL) {
      return meant;
    }
    SimEvent.Worded known = recorded.pollFirst();
    SimEvent.Worded said = known == null ? ask(user, meant, keep, seed, step) : known;
    events.accept(said);
    // What is shared with others stays the program's sentence: a model may add who said it.
    return new Utterance(said.text(), meant.core(), meant.act(), meant.answers());
  }

  private SimEvent.Worded ask(
      SimulatedUser user, Utterance meant, List<String> keep, long seed, int step) {
    ChatModel people = model;
    if (people == null) {
      throw new IllegalStateException("no model speaks for people");
    }
    String system =
        "You are "
            + user.name()
            + ", who talks with an assistant. Say the user's message in your own words, as one"
            + " short message in the first person. Keep every name and number. Add nothing.";
    String words;
    try {
      words =
          people
              .generate(
                  new ChatRequest(
                      List.of(
                          new Message(dev.mneme.data.Role.SYSTEM, system, List.of(), null),
                          Message.user(meant.text())),
                      List.of(),
                      Sampling.chat(
                          Hashes.subSeed(seed, "words", user.name(), "" + step), MAX_TOKENS)),
                  text -> {},
                  new Cancellation())
              .message()
              .content()
              .strip();
    } catch (ChatModelException e) {
      words = "";
    }
    String lower = words.toLowerCase(Locale.ROOT);
    boolean kept =
        !words.isEmpty()
            && keep.stream().allMatch(each -> lower.contains(each.toLowerCase(Locale.ROOT)));
    return new SimEvent.Worded(
        step, cell, user.name(), meant.text(), kept ? words : meant.text(), kept);
  }
}
