package dev.mneme.evals.ifeval;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One line of the published {@code input_data.jsonl}.
 *
 * @param key unique within the file
 * @param prompt what the model is asked
 * @param instructionIds ids such as {@code punctuation:no_comma}
 * @param kwargs the arguments of each instruction, in the same order
 */
public record IfEvalPrompt(
    String key,
    String prompt,
    @JsonProperty("instruction_id_list") List<String> instructionIds,
    List<Map<String, Object>> kwargs) {
  public IfEvalPrompt {
    requireNonNull(key, "an IFEval prompt has no \"key\"");
    requireNonNull(prompt, "IFEval prompt " + key + " has no \"prompt\"");
    if (instructionIds == null || kwargs == null || instructionIds.size() != kwargs.size()) {
      throw new IllegalArgumentException(
          "IFEval prompt "
              + key
              + " needs \"instruction_id_list\" and \"kwargs\" of the same length, got "
              + instructionIds
              + " and "
              + kwargs);
    }
    instructionIds = List.copyOf(instructionIds);
    // Some copies of the data carry every argument of every instruction, null where it is not used.
    var present = new ArrayList<Map<String, Object>>();
    for (Map<String, Object> each : kwargs) {
      var copy = new LinkedHashMap<String, Object>();
      each.forEach(
          (name, value) -> {
            if (value != null) {
              copy.put(name, value);
            }
          });
      present.add(copy);
    }
    kwargs = List.copyOf(present);
  }

  /** The checkers, in the order of the instructions. */
  List<Checker> checkers(Checkers.Draw draw) {
    var checkers = new ArrayList<Checker>();
    for (int i = 0; i < instructionIds.size(); i++) {
      checkers.add(Checkers.of(instructionIds.get(i), kwargs.get(i), draw));
    }
    return checkers;
  }
}
