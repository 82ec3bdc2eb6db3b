package dev.mneme.evals.judge;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.List;
import tools.jackson.databind.JsonNode;

/**
 * One line of FastChat's {@code model_answer/MODEL.jsonl} and {@code reference_answer/MODEL.jsonl}.
 *
 * @param questionId a number where the question has one
 * @param answerId unique
 * @param modelId who answered
 * @param choices one, with both turns
 * @param tstamp seconds since 1970
 */
public record FastChatAnswer(
    @JsonProperty("question_id") JsonNode questionId,
    @JsonProperty("answer_id") String answerId,
    @JsonProperty("model_id") String modelId,
    List<Choice> choices,
    double tstamp) {
  public FastChatAnswer {
    choices = List.copyOf(choices);
    if (choices.isEmpty()) {
      throw new IllegalArgumentException("answer to question " + questionId + " has no choices");
    }
  }

  /**
   * @param index 0
   * @param turns the replies
   */
  public record Choice(int index, List<String> turns) {
    public Choice {
      turns = List.copyOf(turns);
    }
  }

  List<String> turns() {
    return choices.getFirst().turns();
  }
}
