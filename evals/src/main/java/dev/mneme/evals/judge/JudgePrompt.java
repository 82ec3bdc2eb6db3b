package dev.mneme.evals.judge;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.evals.EvalException;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * One line of FastChat's {@code judge_prompts.jsonl}.
 *
 * @param name for example {@code single-v1}
 * @param type {@code single} or {@code pairwise}
 * @param systemPrompt who the judge is told to be
 * @param promptTemplate with places such as {@code {question}}
 * @param outputFormat {@code [[rating]]} or {@code [[A]]}
 */
public record JudgePrompt(
    String name,
    String type,
    @JsonProperty("system_prompt") String systemPrompt,
    @JsonProperty("prompt_template") String promptTemplate,
    @JsonProperty("output_format") String outputFormat) {
  private static final Pattern PLACE = Pattern.compile("\\{\\{|\\}\\}|\\{(\\w+)\\}");

  public JudgePrompt {
    requireNonNull(name, "a judge prompt needs a \"name\"");
    requireNonNull(systemPrompt, "judge prompt " + name + " needs a \"system_prompt\"");
    requireNonNull(promptTemplate, "judge prompt " + name + " needs a \"prompt_template\"");
    outputFormat = outputFormat == null ? "" : outputFormat;
    type = type == null ? "" : type;
  }

  /** Our own wording of all eight. */
  public static Map<String, JudgePrompt> ours() {
    try (InputStream in = JudgePrompt.class.getResourceAsStream("judge_prompts.jsonl")) {
      if (in == null) {
        throw new AssertionError("the resource judge_prompts.jsonl is missing");
      }
      List<JudgePrompt> prompts =
          new BufferedReader(new InputStreamReader(in, UTF_8))
              .lines()
              .filter(each -> !each.isBlank())
              .map(each -> Json.mapper().readValue(each, JudgePrompt.class))
              .toList();
      return byName(prompts);
    } catch (IOException e) {
      throw new EvalException("cannot read the resource judge_prompts.jsonl", e);
    }
  }

  /** Those of a file in FastChat's format. */
  public static Map<String, JudgePrompt> read(Path file) {
    return byName(JsonLines.readAll(file, JudgePrompt.class));
  }

  /**
   * @throws IllegalArgumentException naming what there is, for a name that is not among them
   */
  static JudgePrompt get(Map<String, JudgePrompt> prompts, String name) {
    JudgePrompt prompt = prompts.get(name);
    if (prompt == null) {
      throw new IllegalArgumentException(
          "the judge prompts have no \"" + name + "\"; they have " + prompts.keySet());
    }
    return prompt;
  }

  /** What the judge is sent. */
  List<Message> render(Map<String, String> values) {
    return List.of(Message.system(systemPrompt), Message.user(fill(values)));
  }

  /** The template with its places filled; a text that is filled in is not looked at again. */
  String fill(Map<String, String> values) {
    return PLACE
        .matcher(promptTemplate)
        .replaceAll(
            match -> {
              String whole = match.group();
              String replacement =
                  switch (whole) {
                    case "{{" -> "{";
                    case "}}" -> "}";
                    default -> value(values, match.group(1));
                  };
              return Matcher.quoteReplacement(replacement);
            });
  }

  private String value(Map<String, String> values, String place) {
    String value = values.get(place);
    if (value == null) {
      throw new IllegalArgumentException(
          "judge prompt " + name + " asks for {" + place + "}, there are " + values.keySet());
    }
    return value;
  }

  private static Map<String, JudgePrompt> byName(List<JudgePrompt> prompts) {
    var byName = new LinkedHashMap<String, JudgePrompt>();
    prompts.forEach(each -> byName.put(each.name(), each));
    return byName;
  }
}
