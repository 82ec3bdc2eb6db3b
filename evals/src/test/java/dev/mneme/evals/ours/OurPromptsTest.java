package dev.mneme.evals.ours;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.Cancellation;
import dev.mneme.data.EvalItem;
import dev.mneme.data.Score;
import dev.mneme.evals.EvalRecord;
import dev.mneme.evals.EvalRun;
import dev.mneme.evals.EvalRunner;
import dev.mneme.evals.EvalSummary;
import dev.mneme.evals.EvalTask;
import dev.mneme.evals.FakeModel;
import dev.mneme.evals.Measure;
import dev.mneme.evals.Progress;
import dev.mneme.evals.RunSettings;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OurPromptsTest {
  @TempDir Path root;

  private final EvalTask task = OurPrompts.task();

  private EvalSummary run(FakeModel model) {
    return EvalSummary.of(replies(model), 1);
  }

  private EvalRun replies(FakeModel model) {
    return new EvalRunner(root, Clock.systemUTC())
        .run(task, model, RunSettings.defaults(), new Cancellation(), Progress.NONE);
  }

  private FakeModel good() {
    Map<String, EvalItem> byFirst = new HashMap<>();
    task.items().forEach(each -> byFirst.put(each.turns().getFirst(), each));
    return new FakeModel(
        "good",
        request -> {
          EvalItem item = byFirst.get(request.messages().getFirst().content());
          assertThat(item).isNotNull();
          return item.references().get(request.messages().size() / 2);
        });
  }

  @Test
  void thereAreEightyOfTwoTurnsInEightCategories() {
    assertThat(task.items()).hasSize(80).allSatisfy(each -> assertThat(each.turns()).hasSize(2));
    for (String category : OurPrompts.CATEGORIES) {
      assertThat(task.items()).filteredOn(each -> each.category().equals(category)).hasSize(10);
    }
  }

  @Test
  void ourOwnRepliesGetTenOfTen() {
    var missed = new ArrayList<String>();
    for (EvalRecord each : replies(good()).records()) {
      for (Measure measure : each.measures()) {
        if (measure.metric().equals("grade")
            && measure.score() instanceof Score.Scored(double value, String why)
            && value < 9.999) {
          missed.add(each.item() + " " + measure.part() + ": " + why);
        }
      }
    }
    assertThat(missed).isEmpty();
  }

  @Test
  void repliesThatSaySomethingElseGetLittle() {
    List<String> empty =
        List.of(
            "I don't know.",
            "Yes.",
            "No.",
            "Sure! Here is what you asked for. I hope that this helps you. Let me know.",
            "The quick brown fox jumps over the lazy dog near the old bridge.");
    for (String each : empty) {
      assertThat(run(new FakeModel("fixed " + each, _ -> each)).primary().value())
          .as(each)
          .isLessThan(3);
    }
  }

  @Test
  void givingTheQuestionBackGetsLittle() {
    var echo = new FakeModel("echo", request -> request.messages().getLast().content());
    assertThat(run(echo).primary().value()).isLessThan(3);
  }

  @Test
  void runningInCirclesGetsOne() {
    var loop = new FakeModel("loop", _ -> "the sun and the moon ".repeat(20));
    assertThat(run(loop).primary().value()).isEqualTo(1);
  }

  @Test
  void answersToOtherQuestionsGetLittle() {
    List<EvalItem> items = task.items();
    var shifted =
        new FakeModel(
            "shifted",
            request -> {
              for (int i = 0; i < items.size(); i++) {
                if (items
                    .get(i)
                    .turns()
                    .getFirst()
                    .equals(request.messages().getFirst().content())) {
                  return items
                      .get((i + 13) % items.size())
                      .references()
                      .get(request.messages().size() / 2);
                }
              }
              throw new AssertionError("asked something else");
            });
    assertThat(run(shifted).primary().value()).isLessThan(3.5);
  }

  @Test
  void nothingIsUnscoredNotOne() {
    EvalSummary summary = run(new FakeModel("silent", _ -> " "));
    assertThat(summary.primary().mean()).isNull();
    assertThat(summary.primary().unscored()).isEqualTo(160);
    assertThat(summary.primary().floor()).isEqualTo(1.0);
  }

  @Test
  void turnsAndCategoriesHaveFiguresOfTheirOwn() {
    EvalSummary summary = run(good());
    assertThat(summary.categories()).hasSize(8);
    assertThat(summary.parts())
        .extracting(EvalSummary.Figure::name)
        .containsExactly("turn 1", "turn 2");
    assertThat(summary.metric("share/consistency")).isPresent();
  }
}
