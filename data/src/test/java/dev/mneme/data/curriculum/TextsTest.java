package dev.mneme.data.curriculum;

import static java.util.stream.Collectors.groupingBy;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class TextsTest {
  private static final Path FILES =
      Path.of(
          System.getProperty("mneme.root", ".."),
          "data/src/main/resources/dev/mneme/data/curriculum");

  private static Frame frame(long seed, boolean heldOut) {
    return new Frame(new Lexicons(), new SplittableRandom(seed), heldOut);
  }

  @Test
  void alternativesSlotsAndArticlesAreFilled() {
    Phrase phrase = Phrase.parse("[Hi|Hello] {name}, {a fruit} and {Fruit}: {x: 1} [a]");
    Frame frame = frame(1, false).bind("name", "Ana").bind("fruit", "apple");
    assertThat(phrase.fill(frame))
        .isIn(
            "Hi Ana, an apple and Apple: {x: 1} [a]", "Hello Ana, an apple and Apple: {x: 1} [a]");
    assertThat(phrase.slots()).containsExactly("name", "fruit");
  }

  @Test
  void aSlotKeepsItsValueAndANumberedOneDiffers() {
    Phrase phrase = Phrase.parse("{city} {city} {city2}");
    String[] words = phrase.fill(frame(5, false).bind("city", "Oslo")).split(" ");
    assertThat(words[0]).isEqualTo("Oslo").isEqualTo(words[1]).isNotEqualTo(words[2]);
  }

  @Test
  void anUnknownSlotSaysWhatToDo() {
    assertThatThrownBy(() -> Phrase.parse("{nonsense_slot}").fill(frame(1, false)))
        .hasMessageContaining("{nonsense_slot}")
        .hasMessageContaining("lexicon/nonsense_slot.txt");
  }

  @Test
  void numbersObeyTheirRules() {
    Numbers numbers = Numbers.parse("a=20..99; b=2..9; q=a/b; r=q-3", "here");
    for (int i = 0; i < 200; i++) {
      Frame frame = frame(i, i % 10 == 0);
      numbers.bind(frame);
      int a = Integer.parseInt(frame.value("a"));
      int b = Integer.parseInt(frame.value("b"));
      assertThat(a % b).isZero();
      assertThat(frame.value("r")).isEqualTo(Integer.toString(a / b - 3));
    }
    assertThatThrownBy(() -> Numbers.parse("a=2..", "here")).hasMessageContaining("here");
  }

  @Test
  void aMisspeltCheckNamesItsPlace() {
    assertThatThrownBy(() -> Dialogs.check("sayz x", "file:3"))
        .hasMessageContaining("file:3")
        .hasMessageContaining("sayz x");
  }

  @Test
  void everyLexiconFileIsListed() throws IOException {
    try (Stream<Path> files = Files.list(FILES.resolve("lexicon"))) {
      Set<String> found =
          files
              .map(each -> each.getFileName().toString().replace(".txt", ""))
              .filter(each -> !each.equals("index"))
              .collect(toSet());
      assertThat(Texts.lines("lexicon/index.txt")).containsExactlyInAnyOrderElementsOf(found);
    }
  }

  @Test
  void lexiconsAreSplitIntoDisjointSides() {
    Lexicon names = new Lexicons().get("name");
    var random = new SplittableRandom(1);
    Set<String> trained =
        Stream.generate(() -> names.draw(random, false)).limit(5_000).collect(toSet());
    Set<String> heldOut =
        Stream.generate(() -> names.draw(random, true)).limit(5_000).collect(toSet());
    assertThat(heldOut).doesNotContainAnyElementsOf(trained);
  }

  /** The same question with two answers would teach both wrong. */
  @Test
  void noQuestionHasTwoAnswers() {
    Map<String, List<String>> answers = new HashMap<>();
    Map<String, Set<String>> conflicts =
        facts().stream()
            .flatMap(
                fact ->
                    fact.asks().all().stream()
                        .map(
                            ask ->
                                Map.entry(
                                    ask.fill(Facts.bind(fact, frame(1, false))),
                                    fact.answers().getFirst())))
            .collect(groupingBy(Map.Entry::getKey, toValues()));
    conflicts.forEach(
        (question, all) -> {
          if (all.size() > 1) {
            answers.put(question, List.copyOf(all));
          }
        });
    assertThat(answers).isEmpty();
  }

  private static java.util.stream.Collector<Map.Entry<String, String>, ?, Set<String>> toValues() {
    return java.util.stream.Collectors.mapping(Map.Entry::getValue, toSet());
  }

  private static List<Facts.Fact> facts() {
    String line =
        Texts.lines("mixture.txt").stream()
            .filter(each -> each.startsWith("facts/world"))
            .findFirst()
            .orElseThrow();
    List<String> cells = List.of(line.split("\\s+"));
    return new Facts(
            cells.subList(3, cells.size()).stream().map(each -> "facts/" + each + ".txt").toList(),
            new Styles())
        .facts();
  }

  @Test
  void thereAreTwoThousandFactsWithAnAnswer() {
    assertThat(facts().size()).isGreaterThan(2_000);
  }
}
