package dev.mneme.evals.ifeval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class IfEvalTest {
  private static boolean strict(String id, Map<String, Object> kwargs, String reply) {
    return IfEval.strict(new IfEvalPrompt("1", "p", List.of(id), List.of(kwargs)), reply)
        .getFirst();
  }

  private static boolean loose(String id, Map<String, Object> kwargs, String reply) {
    return IfEval.loose(new IfEvalPrompt("1", "p", List.of(id), List.of(kwargs)), reply).getFirst();
  }

  @Test
  void thereAreTwentyFive() {
    assertThat(IfEval.instructionIds()).hasSize(25);
  }

  @Test
  void aReplyOfNothingFollowsNothing() {
    assertThat(strict("punctuation:no_comma", Map.of(), "  \n")).isFalse();
    assertThat(loose("punctuation:no_comma", Map.of(), "")).isFalse();
  }

  @Test
  void looseForgivesAFirstLine() {
    String reply = "Sure, here it is:\nno marks here";
    assertThat(strict("punctuation:no_comma", Map.of(), reply)).isFalse();
    assertThat(loose("punctuation:no_comma", Map.of(), reply)).isTrue();
  }

  @Test
  void looseForgivesAsterisks() {
    String reply = "**\"A quoted answer\"**";
    assertThat(strict("startend:quotation", Map.of(), reply)).isFalse();
    assertThat(loose("startend:quotation", Map.of(), reply)).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "'One. Two. Three.', 3",
    "'Dr. Smith met Mr. Jones in the U.S. last May. It went well.', 2",
    "'He said \"Stop!\" and left. She stayed.', 3",
    "'Version 2.5 is out... and it works.', 1",
    "'Ask J. R. Miller about it.', 1",
    "'What? No way! Yes.', 3",
    "'no end', 1",
  })
  void sentencesAreCountedAsPunktDoes(String text, int count) {
    assertThat(PunktSentences.split(text)).as(text).hasSize(count);
  }

  @Test
  void aNumberedListsNumbersAreSentences() {
    assertThat(PunktSentences.split("1. The first\n2. The second")).hasSize(3);
  }

  @Test
  void closingQuotesStayWithTheirSentence() {
    assertThat(PunktSentences.split("\"I know.\" He left."))
        .containsExactly("\"I know.\"", "He left.");
  }

  @Test
  void capitalWordsAreTreebankWords() {
    assertThat(TreebankWords.split("I CAN'T say NATO-led, OK?"))
        .containsExactly("I", "CA", "N'T", "say", "NATO-led", ",", "OK", "?");
  }

  @Test
  void wordsOfIndicScriptsBreakAtVowelSignsAsInPython() {
    assertThat(PythonText.countWords("नमस्ते")).isEqualTo(2);
    assertThat(PythonText.countWords("it's co-op_2 ½")).isEqualTo(5);
  }

  @ParameterizedTest
  @CsvSource({
    "en, 'The quick brown fox jumps over the lazy dog near the river bank.'",
    "de, 'Der schnelle braune Fuchs springt über den faulen Hund am Flussufer.'",
    "fr, 'Le renard brun et rapide saute par-dessus le chien paresseux.'",
    "ru, 'Быстрая коричневая лиса прыгает через ленивую собаку.'",
    "vi, 'Con cáo nâu nhanh nhẹn nhảy qua con chó lười biếng bên bờ sông.'",
    "hi, 'तेज भूरी लोमड़ी नदी के किनारे आलसी कुत्ते के ऊपर से कूदती है।'",
  })
  void languagesAreTold(String code, String text) {
    for (long seed = 0; seed < 5; seed++) {
      assertThat(Languages.shared().detect(text, seed)).contains(code);
    }
  }

  @Test
  void numbersAreInNoLanguage() {
    assertThat(Languages.shared().detect("12 + 30 = 42", 1)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource({
    "'{\"a\": [1, 2]}', true",
    "'```json\n{\"a\": NaN}\n```', true",
    "'{\"a\": 1} and more', false",
    "'{a: 1}', false",
    "'[1, 2,]', false",
  })
  void jsonIsWhatPythonLoads(String reply, boolean follows) {
    assertThat(strict("detectable_format:json_format", Map.of(), reply)).isEqualTo(follows);
  }

  @Test
  void paragraphsSeparatedByStars() {
    Map<String, Object> two = Map.of("num_paragraphs", 2);
    assertThat(strict("length_constraints:number_paragraphs", two, "a\n***\nb")).isTrue();
    assertThat(strict("length_constraints:number_paragraphs", two, "***\na\n***\nb")).isTrue();
    assertThat(strict("length_constraints:number_paragraphs", two, "a\n***\n \n***\nb")).isFalse();
  }

  @Test
  void nthParagraphStartsWithTheWord() {
    Map<String, Object> kwargs =
        Map.of("num_paragraphs", 2, "nth_paragraph", 2, "first_word", "Weather");
    String id = "length_constraints:nth_paragraph_first_word";
    assertThat(strict(id, kwargs, "One.\n\n\"weather, is fine\"")).isTrue();
    assertThat(strict(id, kwargs, "One.\n\nThe weather")).isFalse();
    assertThat(strict(id, kwargs, "One.\n\nweather\n\nthree")).isFalse();
  }

  @Test
  void forbiddenWordsMatchWholeWordsOnly() {
    Map<String, Object> kwargs = Map.of("forbidden_words", List.of("rock"));
    assertThat(strict("keywords:forbidden_words", kwargs, "A rocket flies.")).isTrue();
    assertThat(strict("keywords:forbidden_words", kwargs, "A ROCK falls.")).isFalse();
  }

  @Test
  void twoResponsesMustDiffer() {
    assertThat(strict("combination:two_responses", Map.of(), "a ****** b")).isTrue();
    assertThat(strict("combination:two_responses", Map.of(), "a ****** a")).isFalse();
    assertThat(strict("combination:two_responses", Map.of(), "a")).isFalse();
  }

  @Test
  void unknownInstructionsAndArgumentsAreNamed() {
    assertThatThrownBy(() -> strict("no:such", Map.of(), "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no:such");
    assertThatThrownBy(() -> strict("length_constraints:number_words", Map.of(), "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("num_words");
    assertThatThrownBy(
            () ->
                strict(
                    "length_constraints:number_words",
                    Map.of("num_words", 3, "relation", "about"),
                    "x"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("about");
  }

  @Test
  void titleNeedsText() {
    assertThat(strict("detectable_format:title", Map.of(), "<<My poem>>\ntext")).isTrue();
    assertThat(strict("detectable_format:title", Map.of(), "<< >>")).isFalse();
  }

  @Test
  void marksInPlaceOfLettersGetTheSameVerdictEachTime() {
    Map<String, Object> kwargs =
        Map.of("letter", "#", "let_frequency", 1, "let_relation", "at least");
    String reply = "The quick brown fox jumps over the lazy dog";
    assertThat(strict("keywords:letter_frequency", kwargs, reply)).isTrue();
  }
}
