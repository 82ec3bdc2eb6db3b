package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.data.Json;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class EvalCommandsTest {
  @TempDir Path dir;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  @BeforeEach
  void scripts() throws IOException {
    script("vague", "I am not sure about that.");
    script("bread", "Warm and toasty. The bakery down the road always smells of fresh bread.");
    script("judge", "Both are fine. [[7]] [[A]]");
  }

  private void script(String name, String reply) throws IOException {
    Files.writeString(
        dir.resolve(name + ".yaml"),
        "model: " + name + "\nreplies: [\"" + reply + "\"]\nrepeat: true\n");
  }

  private String model(String name) {
    return "scripted:" + dir.resolve(name + ".yaml");
  }

  private int run(String... args) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    var all = new ArrayList<>(List.of("--home", dir.resolve("home").toString()));
    all.addAll(List.of(args));
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  private JsonNode json() {
    return Json.mapper().readTree(out.toString());
  }

  @Test
  void ourPromptsAreGradedComparedAndReported() {
    assertThat(run("eval", "ours", "--model", model("vague"), "--json")).isEqualTo(ExitCodes.OK);
    String runA = json().get("run").asString();
    assertThat(json().get("summary").get("items").asInt()).isEqualTo(80);
    assertThat(run("eval", "ours", "--model", model("bread"), "--json")).isEqualTo(ExitCodes.OK);
    String runB = json().get("run").asString();

    assertThat(run("eval", "compare", runA, runB, "--json")).isEqualTo(ExitCodes.OK);
    assertThat(json().get("overall").get("difference").asDouble()).isNotZero();
    assertThat(run("eval", "compare", runA, runA, "--json")).isEqualTo(ExitCodes.OK);
    assertThat(json().get("overall").get("pValue").asDouble()).isEqualTo(1);
    assertThat(json().get("overall").get("difference").asDouble()).isZero();

    assertThat(run("eval", "list")).isEqualTo(ExitCodes.OK);
    assertThat(out.toString()).contains("vague", "bread", "grade");
    Path page = dir.resolve("report.html");
    assertThat(run("eval", "report", "--html", page.toString())).isEqualTo(ExitCodes.OK);
    assertThat(page).content().contains("<svg", "ours-bread");
  }

  @Test
  void aThresholdDecidesTheExitCode() {
    String[] ours = {"eval", "ours", "--model", model("vague"), "--first-n", "5", "--threshold"};
    assertThat(run(with(ours, "grade>=1"))).isEqualTo(ExitCodes.OK);
    assertThat(run(with(ours, "grade>=9"))).isEqualTo(ExitCodes.GATE);
    assertThat(err.toString()).contains("threshold not met: grade is");
    assertThat(run(with(ours, "grade of nine"))).isEqualTo(ExitCodes.USAGE);
  }

  private static String[] with(String[] args, String last) {
    var all = new ArrayList<>(List.of(args));
    all.add(last);
    return all.toArray(String[]::new);
  }

  @Test
  void badQuestionsAreNamedAndCounted() throws IOException {
    Path questions =
        Files.writeString(
            dir.resolve("question.jsonl"),
            """
            {"question_id": 1, "category": "writing", "turns": ["Write.", "Again."]}
            {"question_id": 2, "category": "writing", "turns": ["Write."]}
            """);
    Path files = dir.resolve("fastchat");

    int code =
        run(
            "eval",
            "mt-bench",
            "--questions",
            questions.toString(),
            "--files",
            files.toString(),
            "--model",
            model("vague"));

    assertThat(code).isEqualTo(ExitCodes.FAILURE);
    assertThat(err.toString()).contains("question.jsonl:2:");
    assertThat(files.resolve("model_answer/vague.jsonl")).content().contains("\"question_id\":1");
  }

  @Test
  void aJudgesGradesAreHiddenWithoutLlmBar() throws IOException {
    Path questions =
        Files.writeString(
            dir.resolve("question.jsonl"),
            "{\"question_id\": 1, \"category\": \"writing\", \"turns\": [\"Write.\","
                + " \"Again.\"]}\n");
    Path files = dir.resolve("fastchat");

    int code =
        run(
            "eval",
            "mt-bench",
            "--questions",
            questions.toString(),
            "--files",
            files.toString(),
            "--model",
            model("vague"),
            "--judge",
            model("judge"));

    assertThat(code).isEqualTo(ExitCodes.OK);
    assertThat(out.toString()).contains("not shown").doesNotContain("7.000");
    assertThat(files.resolve("model_judgment/judge_single.jsonl"))
        .content()
        .contains("\"score\":7");
  }

  @Test
  void aMissingFileIsASentence() {
    assertThat(run("eval", "choice", "--data", "no-such.csv", "--model", model("vague")))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(err.toString()).contains("no-such.csv").doesNotContain("\tat ");
  }
}
