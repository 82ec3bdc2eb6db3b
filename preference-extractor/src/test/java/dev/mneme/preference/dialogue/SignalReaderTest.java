package dev.mneme.preference.dialogue;

import static dev.mneme.preference.dialogue.Utterance.assistant;
import static dev.mneme.preference.dialogue.Utterance.person;
import static dev.mneme.preference.dialogue.Utterance.tool;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Signal.Kind;
import java.util.List;
import org.junit.jupiter.api.Test;

class SignalReaderTest {
  private static List<Sighting> read(Utterance... utterances) {
    return SignalReader.read(new Dialogue(List.of(utterances)));
  }

  private static List<Kind> kinds(Utterance... utterances) {
    return read(utterances).stream().map(Sighting::kind).toList();
  }

  @Test
  void aComplaintNamesItsWords() {
    List<Sighting> seen =
        read(
            person("How many moons does Mars have?"),
            assistant("Bananas are yellow."),
            person("That makes no sense."));
    assertThat(seen)
        .anySatisfy(
            each -> {
              assertThat(each.kind()).isEqualTo(Kind.COMPLAINT);
              assertThat(each.reply()).isEqualTo(1);
              assertThat(each.direction()).isNegative();
              assertThat(each.because()).contains("makes no sense");
            });
  }

  @Test
  void askingTheSameAgainIsARephrasing() {
    assertThat(
            kinds(
                person("Which train goes to Bergen tomorrow morning?"),
                assistant("Trains are fun."),
                person("What train to Bergen leaves tomorrow morning?")))
        .contains(Kind.REPHRASE);
  }

  @Test
  void anotherQuestionIsNoRephrasing() {
    assertThat(
            kinds(
                person("Which train goes to Bergen tomorrow morning?"),
                assistant("The 7:25 from platform 4."),
                person("Does the 7:25 have a dining car?")))
        .doesNotContain(Kind.REPHRASE)
        .contains(Kind.FOLLOW_UP);
  }

  @Test
  void thanksArePositiveUnlessTheyComeWithAComplaint() {
    assertThat(kinds(person("Where is the key?"), assistant("On the shelf."), person("Thank you!")))
        .containsExactly(Kind.THANKS);
    assertThat(
            kinds(
                person("Where is the key?"),
                assistant("On the shelf."),
                person("Thanks, but that is wrong, there is no key there.")))
        .contains(Kind.COMPLAINT)
        .doesNotContain(Kind.THANKS);
  }

  @Test
  void praiseThatIsNegatedIsNoPraise() {
    assertThat(kinds(person("Draw a map"), assistant("Here it is."), person("This is not great.")))
        .doesNotContain(Kind.PRAISE);
  }

  @Test
  void toolsSucceedAndFail() {
    assertThat(
            kinds(
                person("How warm is it?"),
                tool("{\"error\": \"no such city\"}"),
                assistant("I could not find out.")))
        .contains(Kind.TOOL_FAILURE);
    assertThat(
            kinds(person("How warm is it?"), tool("{\"celsius\": 21}"), assistant("21 degrees.")))
        .contains(Kind.TOOL_SUCCESS);
  }

  @Test
  void sayingTheSameTwiceIsRepetition() {
    assertThat(
            kinds(
                person("What is new?"),
                assistant("The library opens a garden cafe in spring."),
                person("And what else?"),
                assistant("The library opens a garden cafe in spring.")))
        .contains(Kind.REPETITION);
  }

  @Test
  void leavingAfterAFailureIsAbandonment() {
    assertThat(kinds(person("Book a table"), assistant("Sorry, I did not understand that.")))
        .containsExactly(Kind.ABANDONMENT);
    assertThat(kinds(person("Book a table"), assistant("Done: table for two at seven."))).isEmpty();
    assertThat(kinds(person("That is wrong and useless."), assistant("Done: table for two.")))
        .as("nobody complains of a reply before the first")
        .doesNotContain(Kind.ABANDONMENT);
  }

  @Test
  void readingTwiceSeesTheSame() {
    Utterance[] dialogue = {
      person("Tell me about tides"), assistant("The moon pulls the sea."), person("The moon? how?")
    };
    assertThat(read(dialogue)).isEqualTo(read(dialogue));
  }
}
