package dev.mneme.ltm;

import static dev.mneme.ltm.Turns.ANN;
import static dev.mneme.ltm.Turns.user;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class FactRulesTest {
  private final FactExtractor rules = FactExtractor.rules();

  private List<String> read(String text) {
    return rules.extract(user(ANN, 0, text)).stream()
        .map(s -> s.kind() + " " + s.attribute() + "=" + s.value())
        .toList();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "My name is Sam Porter.|HOLDS name=Sam Porter",
        "Please call me Ishmael.|HOLDS call_me=Ishmael",
        "I'm 35 years old and happy.|HOLDS age=35",
        "I live in New York.|HOLDS lives_in=New York",
        "We just moved to Lisbon because of work.|HOLDS lives_in=Lisbon",
        "I work at Acme Corp.|HOLDS works_at=Acme Corp",
        "I work as a nurse at night.|HOLDS works_as=nurse",
        "My favourite colour is green.|HOLDS favorite:colour=green",
        "My dog is called Biscuit.|HOLDS pet:dog=Biscuit",
        "I adopted a grey cat named Tom.|HOLDS pet:cat=Tom",
        "I'm allergic to peanuts.|HOLDS allergic_to=peanuts",
        "My sister's name is Joan.|HOLDS relation:sister=Joan",
        "I really love hiking in the hills.|HOLDS likes=hiking in the hills",
        "I hate olives.|HOLDS dislikes=olives",
        "I don't like olives.|DENIED likes=olives",
        "I no longer like olives.|ENDED likes=olives",
        "I no longer live in Oslo.|ENDED lives_in=Oslo",
        "I'm planning to visit Rome in May.|HOLDS plans=visit Rome in May",
      })
  void statementsAreRead(String text, String expected) {
    assertThat(read(text)).containsExactly(expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Do I live in Paris?",
        "If I live in Paris, what then.",
        "She said I live in Paris.",
        "I would like that.",
        "I love it!",
        "I'm tired of this.",
        "Imagine my name is Bob.",
        "You live in Paris.",
      })
  void whatIsNoStatementSaysNothing(String text) {
    assertThat(read(text)).isEmpty();
  }

  @Test
  void severalStatementsOfOneTurnAreAllRead() {
    assertThat(read("My name is Sam. I'm 35 years old, live in Seattle. I like tea."))
        .contains("HOLDS name=Sam", "HOLDS age=35", "HOLDS likes=tea");
  }
}
