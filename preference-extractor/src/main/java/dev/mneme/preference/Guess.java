package dev.mneme.preference;

import dev.mneme.data.Message;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * What a reply says about the person that its prompt does not hold. A person who corrects "What is
 * my dog called?" knows the name; a model that was not told, or did not recall it, could only guess
 * it, and learning such replies teaches guessing (Gekhman et al., arXiv 2405.05904).
 */
final class Guess {
  /** Asks what is so about the person, and not what they might do. */
  private static final Pattern ABOUT_THE_PERSON =
      Pattern.compile(
          "^(?!.*\\b(should|shall|can|could|may|might|would)\\b)"
              + ".*(\\b(my|mine|our|ours)\\b|\\b(am|was|were|do|did|have|had) (i|we)\\b).*\\?$",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern STATES =
      Pattern.compile("\\b(you|your|it|is|are|was|were)\\b", Pattern.CASE_INSENSITIVE);

  /** The model speaks of itself, or says that something is not so or not known. */
  private static final Pattern ADMITS =
      Pattern.compile(
          "^I\\b|\\b(not|never|no|nothing)\\b|n't\\b|\\b(cannot|unknown)\\b",
          Pattern.CASE_INSENSITIVE);

  private static final Pattern SENTENCE = Pattern.compile("(?<=[.!?])\\s+|\\n+");

  private Guess() {}

  /**
   * The word that answers a question about the person and stands nowhere before it.
   *
   * @param system the system message of the prompt, with what was recalled
   * @param prompt the conversation up to and including the request
   */
  static Optional<String> in(String system, List<Message> prompt, String reply) {
    if (prompt.isEmpty() || !asksAboutThePerson(Message.request(prompt))) {
      return Optional.empty();
    }
    for (String sentence : SENTENCE.split(reply.strip())) {
      if (STATES.matcher(sentence).find() && !sentence.endsWith("?")) {
        List<String> words = Borrowed.words(sentence);
        if (words.isEmpty() || ADMITS.matcher(sentence).find()) {
          return Optional.empty();
        }
        Set<String> said = new HashSet<>(Borrowed.words(system));
        prompt.forEach(each -> said.addAll(Borrowed.words(each.content())));
        // English puts what is new last.
        String answer = words.getLast();
        return said.contains(answer) ? Optional.empty() : Optional.of(answer);
      }
    }
    return Optional.empty();
  }

  private static boolean asksAboutThePerson(String request) {
    for (String sentence : SENTENCE.split(request.strip())) {
      if (ABOUT_THE_PERSON.matcher(sentence).find()) {
        return true;
      }
    }
    return false;
  }
}
