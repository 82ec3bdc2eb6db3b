package dev.mneme.preference;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Message;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GuessTest {
  private static final String SYSTEM =
      """
      You are Mneme.
      <memory>
      [3] 2026-02-03 user: My dog is called Biscuit. I like green best.
      </memory>\
      """;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          Hi, this is Sam. What is my dog called?        | It is Rex.                              | rex
          What is my dog called?                         | Certainly. Your dog is called Rex. Else? | rex
          Where do I live?                               | Of course. You live in Oslo.            | oslo
          How old am I?                                  | You are 41.                             | 41
          """)
  void whatThePromptDoesNotHoldCouldOnlyBeGuessed(String request, String reply, String guess) {
    assertThat(Guess.in(SYSTEM, List.of(Message.user(request)), reply)).contains(guess);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      textBlock =
          """
          What is my dog called?                         | Certainly. It is Biscuit. Anything else?
          Which colour do I like best?                   | Your favourite colour is green.
          I live in Oslo. Where do I live?               | You live in Oslo.
          What is my dog called?                         | You have not told me yet.
          What is my dog called?                         | I do not know your dog's name.
          What is my dog called?                         | With pleasure.
          What is the capital of Norway?                 | It is Oslo.
          What should I give my mother?                  | Your mother would like flowers.
          My back hurts.                                 | It is a pity. Is it very bad?
          """)
  void whatStandsThereOrIsNotAboutThePersonIsNoGuess(String request, String reply) {
    assertThat(Guess.in(SYSTEM, List.of(Message.user(request)), reply)).isEmpty();
  }
}
