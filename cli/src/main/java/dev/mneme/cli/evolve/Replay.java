package dev.mneme.cli.evolve;

import dev.mneme.agent.ChatModel;
import dev.mneme.cli.models.ChatModels;
import dev.mneme.data.Expectation;
import dev.mneme.data.Message;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.train.ReplaySource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * The earlier supervised data that is rehearsed beside preferences, against forgetting: the
 * curriculum's conversations, some in other words, and among them more than their share of what the
 * gate lets nobody lose.
 *
 * <p>What is declined, and what is not known, is the checkpoint's own: requests in words that
 * nobody wrote, of which those are kept that it declines or abstains from, with its own reply
 * (docs/adr/0093). How much of what is held is in docs/adr/0102. Thread-safe.
 */
public final class Replay implements ReplaySource {
  /** Skills in which a model admits that it does not know. */
  static final Predicate<String> ABSTENTION = skill -> skill.contains("abstain");

  /** Skills in which a model declines. */
  static final Predicate<String> SAFETY = skill -> skill.contains("refus");

  /** A training reads some hundred of each, and more than half of the replies are right. */
  private static final int ASKED = 1_000;

  private static final int REPLY_TOKENS = 64;

  private final Curriculum curriculum;
  private final ChatModels models;
  private final long seed;

  /**
   * @param models opens the checkpoint that is held to, to ask what it declines
   */
  public Replay(Curriculum curriculum, ChatModels models, long seed) {
    this.curriculum = curriculum;
    this.models = models;
    this.seed = seed;
  }

  /** Half of it is what nobody may lose; in the curriculum that is one example in thirty. */
  @Override
  public Iterator<Earlier> from(Path heldTo) {
    Iterator<Earlier> all = held(curriculum.examples(seed, false), Hold.CONTENT);
    Iterator<Earlier> reworded = held(curriculum.reworded(seed, skill -> true), Hold.CONTENT);
    Iterator<Earlier> abstaining;
    Iterator<Earlier> declining;
    try (ChatModel model = models.open(heldTo.toString())) {
      abstaining = held(own(model, ABSTENTION), Hold.WHOLE);
      declining = held(own(model, SAFETY), Hold.WORDS);
    }
    List<Iterator<Earlier>> turns = List.of(all, abstaining, reworded, declining);
    return Stream.generate(() -> turns).flatMap(List::stream).map(Iterator::next).iterator();
  }

  private static Iterator<Earlier> held(Stream<TrainingExample> examples, Hold hold) {
    return examples
        .filter(each -> !each.isProse())
        // Whether to abstain is decided by how the reply begins.
        .map(
            each ->
                new Earlier(
                    each,
                    hold == Hold.CONTENT && ABSTENTION.test(each.skill()) ? Hold.WHOLE : hold))
        .iterator();
  }

  /** Endless; the curriculum's own replies where the checkpoint gives no right one. */
  private Stream<TrainingExample> own(ChatModel model, Predicate<String> skills) {
    List<TrainingExample> own = right(model, skills);
    return own.isEmpty()
        ? curriculum.examples(seed, false, skills)
        : Stream.generate(() -> own).flatMap(List::stream);
  }

  /** What the checkpoint rightly declines or does not know, and how it says so. */
  private List<TrainingExample> right(ChatModel model, Predicate<String> skills) {
    List<TrainingExample> asked = curriculum.reworded(seed, skills).limit(ASKED).toList();
    List<Message> replies = Greedy.replies(model, asked, Replay::firstReply, REPLY_TOKENS);
    List<TrainingExample> right = new ArrayList<>();
    for (int i = 0; i < replies.size(); i++) {
      TrainingExample example = asked.get(i);
      Expectation first = firstReply(example);
      if (first.check().score(replies.get(i)).value() == 1) {
        List<Message> messages = new ArrayList<>(example.messages().subList(0, first.message()));
        messages.add(replies.get(i));
        right.add(new TrainingExample(example.skill(), messages, example.tools(), false));
      }
    }
    return right;
  }

  private static Expectation firstReply(TrainingExample example) {
    return example.expectations().getFirst();
  }
}
