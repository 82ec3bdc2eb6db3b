package dev.mneme.evals.satisfaction;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.mneme.data.Message;
import dev.mneme.data.Role;
import dev.mneme.evals.satisfaction.RatedDialogues.Format;
import dev.mneme.testsupport.SharedData;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SatisfactionEvalTest {
  @TempDir Path dir;

  private Path write(String name, String text) throws IOException {
    return Files.writeString(dir.resolve(name), text);
  }

  @Test
  void contureTurnsAreRatedWhenAReactionFollows() throws IOException {
    Path file =
        write(
            "c.json",
            """
            [{"dialog_id": 3, "turns": [
              {"user": "User: hello", "chatbot": "Chatbot: hi", "overall impression": 2},
              {"user": "User: who are you", "chatbot": "Chatbot: cheese", "overall impression": 0},
              {"user": "User: what?", "chatbot": "Chatbot: bye", "overall impression": 1}]}]
            """);
    RatedDialogue dialogue = RatedDialogues.read(Format.CONTURE, file).getFirst();
    assertThat(dialogue.messages()).hasSize(6);
    assertThat(dialogue.messages().getFirst()).isEqualTo(Message.user("hello"));
    assertThat(dialogue.rated())
        .containsExactly(
            new RatedDialogue.Rated(List.of(1), 2, false),
            new RatedDialogue.Rated(List.of(3), 0, true));
  }

  @Test
  void abRedialExchangesAreRatedByTheMeanOverAnnotators() throws IOException {
    Path file =
        write(
            "a.csv",
            """
            ConvId,utterance0,utterance1,utterance2,utterance3,overall1
            7,SYSTEM\tHi,USER\thello you,SYSTEM\tSeen X?,USER\tno,2
            7,SYSTEM\tHi,USER\thello you,SYSTEM\tSeen X?,USER\tno,5
            8,SYSTEM\tHi,USER\thello,"SYSTEM\tTry ""Up"", or not",USER\tok,4
            """);
    List<RatedDialogue> dialogues = RatedDialogues.read(Format.AB_REDIAL, file);
    assertThat(dialogues).hasSize(2);
    assertThat(dialogues.getFirst().rated())
        .containsExactly(new RatedDialogue.Rated(List.of(0, 2), 3.5, false));
    assertThat(dialogues.getLast().messages().get(2).content()).isEqualTo("Try \"Up\", or not");
  }

  @Test
  void ussUserTurnsRateTheSystemTurnBefore() throws IOException {
    Path file =
        write(
            "u.txt",
            """
            USER\tfind a hotel\tINFORM\t3,3,3\t
            SYSTEM\twhich town?\tREQUEST
            USER\ti told you\tINFORM\t2,2,4\t
            USER\tOVERALL\t-\t3,3,3\t

            USER\thi\tGREET\t3,3,3\t
            SYSTEM\thello
            USER\tthanks\t-\t4,4,5\t
            """);
    List<RatedDialogue> dialogues = RatedDialogues.read(Format.USS, file);
    assertThat(dialogues).hasSize(2);
    RatedDialogue.Rated rated = dialogues.getFirst().rated().getFirst();
    assertThat(dialogues.getFirst().rated()).hasSize(1);
    assertThat(rated.replies()).containsExactly(1);
    assertThat(rated.dissatisfied()).isTrue();
    assertThat(rated.rating()).isCloseTo(8 / 3.0, within(1e-9));
    assertThat(dialogues.getLast().rated().getFirst().dissatisfied()).isFalse();
  }

  @Test
  void aFileOfAnotherFormatIsRefused() throws IOException {
    Path file = write("x.txt", "nothing here\n");
    assertThatThrownBy(() -> RatedDialogues.read(Format.USS, file))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("no rated turn in the format uss");
    assertThatThrownBy(() -> Format.of("movies"))
        .hasMessageContaining("expected conture, ab-redial or uss");
  }

  /** Knows the rating, hidden in the reply. */
  private static final SatisfactionJudge ORACLE =
      new SatisfactionJudge() {
        @Override
        public String name() {
          return "oracle";
        }

        @Override
        public List<Double> judge(List<Message> dialogue, List<Integer> replies) {
          return replies.stream()
              .map(i -> dialogue.get(i).content().contains("good") ? 0.9 : 0.1)
              .toList();
        }
      };

  private static List<RatedDialogue> made(int count) {
    return java.util.stream.IntStream.range(0, count)
        .mapToObj(
            i ->
                new RatedDialogue(
                    "d" + i,
                    List.of(
                        Message.user("q"),
                        Message.assistant(i % 3 == 0 ? "bad" : "good"),
                        Message.user(i % 2 == 0 ? "thanks" : "no")),
                    List.of(new RatedDialogue.Rated(List.of(1), i % 3 == 0 ? 0 : 2, i % 3 == 0))))
        .toList();
  }

  @Test
  void anOracleScoresOneAndTheSeedFixesTheIntervals() {
    var eval = new SatisfactionEval(200, 5);
    SatisfactionReport report = eval.run(Format.CONTURE, made(60), ORACLE);
    SatisfactionReport.JudgeScores oracle = report.judges().getFirst();
    assertThat(oracle.aucDissatisfied().value()).isEqualTo(1);
    assertThat(oracle.f1Dissatisfied().value()).isEqualTo(1);
    assertThat(oracle.f1AtHalf().value()).isEqualTo(1);
    assertThat(oracle.spearman().value()).isCloseTo(1, within(1e-12));
    SatisfactionReport.JudgeScores floor = report.judges().getLast();
    assertThat(floor.aucDissatisfied().value()).isBetween(0.4, 0.6);
    assertThat(floor.aucDissatisfied().low()).isLessThan(floor.aucDissatisfied().high());
    assertThat(report.aucGain().low()).isPositive();
    assertThat(eval.run(Format.CONTURE, made(60), ORACLE)).isEqualTo(report);
    assertThat(report.summary())
        .containsEntry("auc_dissatisfied", 1.0)
        .containsKeys("auc_dissatisfied_interval", "f1_dissatisfied", "spearman", "floor");
  }

  @Test
  void theFloorIsAboutSeventyWords() {
    assertThat(new LexiconFloor().size()).isBetween(60, 80);
  }

  @Test
  void thePublicSetsHaveTheirPublishedSizes() {
    List<RatedDialogue> conture =
        RatedDialogues.read(Format.CONTURE, SharedData.require("conture/data.json"));
    assertThat(conture).hasSize(119);
    assertThat(conture.stream().mapToInt(d -> d.rated().size()).sum()).isEqualTo(947);
    List<RatedDialogue> redial =
        RatedDialogues.read(Format.AB_REDIAL, SharedData.require("ab-redial/annotated_turns.csv"));
    assertThat(redial.stream().mapToInt(d -> d.rated().size()).sum()).isEqualTo(600);
    assertThat(redial)
        .allSatisfy(d -> assertThat(d.messages()).anyMatch(m -> m.role() == Role.ASSISTANT));
  }
}
