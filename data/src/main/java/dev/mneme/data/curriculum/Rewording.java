package dev.mneme.data.curriculum;

import dev.mneme.data.Hashes;
import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.data.TrainingExample;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;

/**
 * What a person says, with words lost, replaced and put in between.
 *
 * <p>A model that has read a wording a thousand times is sure of its reply, and a training that
 * shows it once more holds nothing in place: what moves is how it answers wordings it never read.
 * Spoilt at random, each is one of those. The means are those of word dropout (Iyyer et al. 2015)
 * and of easy data augmentation (Wei and Zou 2019).
 *
 * <p>One seed gives one stream of rewordings, in the order they are asked for. One thread.
 */
final class Rewording {
  private static final double LOST = 0.12;
  private static final double REPLACED = 0.12;
  private static final double FOLLOWED = 0.1;

  /** Conversations from which other words come. */
  private static final int CONVERSATIONS = 400;

  private final List<String> words;
  private final SplittableRandom random;

  /**
   * @param others conversations with whose words people's own are mixed; the first few hundred are
   *     read
   */
  Rewording(Stream<TrainingExample> others, long seed) {
    this.words =
        others
            .limit(CONVERSATIONS)
            .flatMap(each -> each.messages().stream())
            .filter(each -> each.role() == Role.USER)
            .flatMap(each -> words(each.content()))
            .toList();
    this.random = new SplittableRandom(Hashes.subSeed(seed, "rewording"));
  }

  /** The same conversation, what people say in it reworded. */
  TrainingExample of(TrainingExample example) {
    List<Message> messages =
        example.messages().stream()
            .map(each -> each.role() == Role.USER ? Message.user(reworded(each.content())) : each)
            .toList();
    return new TrainingExample(
        example.skill(), messages, example.tools(), false, example.expectations());
  }

  /** At least one word is left. */
  private String reworded(String text) {
    List<String> said = new ArrayList<>();
    words(text)
        .forEach(
            word -> {
              double draw = random.nextDouble();
              if (draw < REPLACED) {
                said.add(another());
              } else if (draw < 1 - LOST) {
                said.add(word);
              }
              if (random.nextDouble() < FOLLOWED) {
                said.add(another());
              }
            });
    return said.isEmpty() ? text : String.join(" ", said);
  }

  private String another() {
    return words.get(random.nextInt(words.size()));
  }

  private static Stream<String> words(String text) {
    return Stream.of(text.strip().split("\\s+"));
  }
}
