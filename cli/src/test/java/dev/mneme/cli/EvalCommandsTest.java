package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import dev.mneme.data.Json;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executors;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import tools.jackson.databind.JsonNode;

class EvalCommandsTest {
  @TempDir Path dir;
  private final Commands mneme = Commands.at(() -> dir.resolve("home"));

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

  @Test
  void ourPromptsAreGradedComparedAndReported() {
    assertThat(mneme.run("eval", "ours", "--model", model("vague"), "--json"))
        .isEqualTo(ExitCodes.OK);
    String runA = mneme.json().get("run").asString();
    assertThat(mneme.json().get("summary").get("items").asInt()).isEqualTo(80);
    assertThat(mneme.run("eval", "ours", "--model", model("bread"), "--json"))
        .isEqualTo(ExitCodes.OK);
    String runB = mneme.json().get("run").asString();

    assertThat(mneme.run("eval", "compare", runA, runB, "--json")).isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("overall").get("difference").asDouble()).isNotZero();
    assertThat(mneme.run("eval", "compare", runA, runA, "--json")).isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("overall").get("pValue").asDouble()).isEqualTo(1);
    assertThat(mneme.json().get("overall").get("difference").asDouble()).isZero();

    assertThat(mneme.run("eval", "list")).isEqualTo(ExitCodes.OK);
    assertThat(mneme.out()).contains("vague", "bread", "grade");
    Path page = dir.resolve("report.html");
    assertThat(mneme.run("eval", "report", "--html", page.toString())).isEqualTo(ExitCodes.OK);
    assertThat(page).content().contains("<svg", "ours-bread");
  }

  @Test
  void aThresholdDecidesTheExitCode() {
    String[] ours = {"eval", "ours", "--model", model("vague"), "--first-n", "5", "--threshold"};
    assertThat(mneme.run(with(ours, "grade>=1"))).isEqualTo(ExitCodes.OK);
    assertThat(mneme.run(with(ours, "grade>=9"))).isEqualTo(ExitCodes.GATE);
    assertThat(mneme.err()).contains("threshold not met: grade is");
    assertThat(mneme.run(with(ours, "grade of nine"))).isEqualTo(ExitCodes.USAGE);
  }

  private static String[] with(String[] args, String... last) {
    var all = new ArrayList<>(List.of(args));
    all.addAll(List.of(last));
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
        mneme.run(
            "eval",
            "mt-bench",
            "--questions",
            questions.toString(),
            "--files",
            files.toString(),
            "--model",
            model("vague"));

    assertThat(code).isEqualTo(ExitCodes.FAILURE);
    assertThat(mneme.err()).contains("question.jsonl:2:");
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
        mneme.run(
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

    assertThat(code).isEqualTo(ExitCodes.GATE);
    assertThat(mneme.out()).contains("not shown").doesNotContain("7.000");
    assertThat(files.resolve("model_judgment")).doesNotExist();
    assertThat(files.resolve("model_answer/vague.jsonl")).exists();
    String[] judging = {
      "eval",
      "mt-bench",
      "--questions",
      questions.toString(),
      "--files",
      files.toString(),
      "--model",
      model("vague"),
      "--judge",
      model("judge"),
      "--threshold",
      "grade>=9"
    };
    assertThat(mneme.run(judging)).isEqualTo(ExitCodes.GATE);
    assertThat(mneme.err()).doesNotContain("grade is");
    assertThat(mneme.run(with(judging, "--json"))).isEqualTo(ExitCodes.GATE);
    assertThat(mneme.json().has("summary")).isFalse();
    assertThat(mneme.json().get("hidden").asString()).contains("LLMBar");
    String run = mneme.json().get("run").asString();
    assertThat(mneme.run("eval", "report", run, "--markdown")).isEqualTo(ExitCodes.OK);
    assertThat(mneme.out()).contains("not shown").doesNotContain("7.000");
    assertThat(mneme.run("eval", "list")).isEqualTo(ExitCodes.OK);
    assertThat(mneme.out()).contains("not shown");
    assertThat(mneme.run("eval", "compare", run, run)).isNotEqualTo(ExitCodes.OK);
  }

  /** An endpoint on this machine that judges by a function of the prompt; null is a failure. */
  private static HttpServer endpoint(Function<String, @Nullable String> reply) throws IOException {
    var server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
    server.createContext(
        "/v1/chat/completions",
        exchange -> {
          try (exchange) {
            JsonNode body = Json.mapper().readTree(exchange.getRequestBody().readAllBytes());
            JsonNode messages = body.get("messages");
            String text = reply.apply(messages.get(messages.size() - 1).get("content").asString());
            if (text == null) {
              exchange.sendResponseHeaders(503, -1);
              return;
            }
            exchange.getResponseHeaders().add("Content-Type", "text/event-stream");
            exchange.sendResponseHeaders(200, 0);
            String said = Json.mapper().writeValueAsString(text);
            exchange
                .getResponseBody()
                .write(
                    ("data: {\"choices\":[{\"delta\":{\"content\":"
                            + said
                            + "}}]}\n\n"
                            + "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n"
                            + "data: [DONE]\n\n")
                        .getBytes(UTF_8));
          }
        });
    server.start();
    return server;
  }

  private static String url(HttpServer server) {
    return "http://127.0.0.1:" + server.getAddress().getPort() + "/v1#judge-of-http";
  }

  /** As many pairs as LLMBar's two sets have, in its format. */
  private Path llmBar() throws IOException {
    Path bar = Files.createDirectories(dir.resolve("llmbar"));
    for (var set : Map.of("Natural", 100, "Adversarial_Manual", 46).entrySet()) {
      var pairs = new ArrayList<Map<String, Object>>();
      for (int i = 0; i < set.getValue(); i++) {
        pairs.add(
            Map.of(
                "input",
                "Question " + i,
                "output_1",
                "right",
                "output_2",
                "wrong one",
                "label",
                1));
      }
      Files.writeString(
          bar.resolve("LLMBar_" + set.getKey() + "_dataset.json"),
          Json.mapper().writeValueAsString(pairs));
    }
    return bar;
  }

  @Test
  void aJudgeBehindAnEndpointIsMeasuredShownAndItsFailuresCounted() throws IOException {
    Path questions =
        Files.writeString(
            dir.resolve("question.jsonl"),
            """
            {"question_id": 1, "category": "writing", "turns": ["Fine.", "Again."]}
            {"question_id": 2, "category": "writing", "turns": ["Eleven.", "Again."]}
            {"question_id": 3, "category": "writing", "turns": ["Shrug.", "Again."]}
            {"question_id": 4, "category": "writing", "turns": ["Silent.", "Again."]}
            {"question_id": 5, "category": "writing", "turns": ["Broken.", "Again."]}
            """);
    Path files = dir.resolve("fastchat");
    HttpServer server =
        endpoint(
            prompt -> {
              if (prompt.contains("Broken.")) {
                return null;
              }
              if (prompt.contains("right")) {
                return prompt.indexOf("right") < prompt.indexOf("wrong one") ? "[[A]]" : "[[B]]";
              }
              return prompt.contains("Eleven.")
                  ? "[[11]]"
                  : prompt.contains("Shrug.") ? "Hm." : prompt.contains("Silent.") ? "" : "[[7]]";
            });
    try {
      String[] judging = {
        "eval", "mt-bench", "--questions", questions.toString(), "--files", files.toString(),
        "--model", model("vague"), "--judge", url(server), "--llmbar", llmBar().toString(),
        "--retries", "0", "--json"
      };
      assertThat(mneme.run(judging)).as(mneme.err()).isEqualTo(ExitCodes.FAILURE);
      JsonNode summary = mneme.json().get("summary");
      assertThat(summary.get("errors").asInt()).isEqualTo(1);
      assertThat(summary.get("overall").get(0).get("mean").get("mean").asDouble()).isEqualTo(7);
      assertThat(summary.get("overall").get(0).get("unscored").asInt()).isEqualTo(7);
      JsonNode judge = summary.get("info").get("judge");
      assertThat(judge.get("llmBarNatural").asDouble()).isEqualTo(1);
      assertThat(judge.get("longerWinsNatural").asDouble()).isZero();
      assertThat(mneme.err()).contains("mt-bench-single 5: ").contains("503");
      Path judgments = files.resolve("model_judgment/judge-of-http_single.jsonl");
      assertThat(Files.readAllLines(judgments)).hasSize(10);

      judging[judging.length - 1] = "--markdown";
      assertThat(mneme.run(judging)).isEqualTo(ExitCodes.FAILURE);
      assertThat(mneme.out())
          .contains("## mt-bench-single", "Natural 100.0 %", "(longer wins 0.0 %)", "| grade |");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void everyLimitOfARunHolds() {
    String[] ours = {"eval", "ours", "--model", model("vague"), "--json", "--out"};
    assertThat(
            mneme.run(with(ours, dir + "/a", "--samples", "math-2,writing-1", "--parallel", "1")))
        .as(mneme.err())
        .isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("summary").get("items").asInt()).isEqualTo(2);
    assertThat(
            mneme.run(
                with(ours, dir + "/b", "--first-n", "3", "--epochs", "2", "--temperature", "1")))
        .isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("summary").get("items").asInt()).isEqualTo(6);
    assertThat(mneme.run(with(ours, dir + "/c", "--max-tokens", "50", "--parallel", "1")))
        .isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("summary").get("stoppedBy").asString()).isEqualTo("max-tokens 50");
    int first = mneme.json().get("summary").get("items").asInt();
    assertThat(first).isBetween(1, 20);
    assertThat(mneme.run(with(ours, dir + "/c"))).isEqualTo(ExitCodes.OK);
    assertThat(mneme.json().get("summary").get("items").asInt()).isEqualTo(80);
    assertThat(mneme.json().get("summary").has("stoppedBy")).isFalse();
    JsonNode sessions = mneme.json().get("summary").get("info").get("sessions");
    assertThat(sessions.get(1).get("reused").asInt()).isEqualTo(first);
  }

  @Test
  void wallTimeEndsARunBetweenItems() throws IOException {
    HttpServer server =
        endpoint(
            _ -> {
              LockSupport.parkNanos(300_000_000);
              return "Slowly.";
            });
    try {
      assertThat(
              mneme.run(
                  "eval",
                  "ours",
                  "--model",
                  url(server),
                  "--max-wall",
                  "1",
                  "--parallel",
                  "1",
                  "--json"))
          .isEqualTo(ExitCodes.OK);
      assertThat(mneme.json().get("summary").get("stoppedBy").asString()).startsWith("max-wall");
      // Each takes 0.6 s at least; where the time is up before the first begins, there are none.
      assertThat(mneme.json().get("summary").get("items").asInt()).isLessThanOrEqualTo(10);
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aBadOptionIsToldBeforeAnythingRuns() {
    for (String[] bad :
        new String[][] {
          {"--epochs", "0"},
          {"--first-n", "0"},
          {"--first-n", "many"},
          {"--samples", "no-such-item"},
          {"--max-tokens", "0"},
          {"--max-wall", "0"},
          {"--max-wall", "-3"},
          {"--parallel", "0"},
          {"--retries", "-1"},
          {"--reply-tokens", "0"},
          {"--temperature", "-1"},
          {"--threshold", "grade of nine"},
          {"--no-such-option", ""},
        }) {
      assertThat(mneme.run("eval", "ours", "--model", model("vague"), bad[0], bad[1]))
          .as(bad[0] + " " + bad[1])
          .isEqualTo(ExitCodes.USAGE);
      assertThat(mneme.err()).isNotBlank().doesNotContain("\tat ");
      assertThat(dir.resolve("home/evals")).as(bad[0] + " " + bad[1]).doesNotExist();
    }
    assertThat(
            mneme.run(
                "eval",
                "ours",
                "--model",
                model("vague"),
                "--first-n",
                "1",
                "--threshold",
                "no>=1"))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("no metric or category \"no\"", "grade");
  }

  @Test
  void aModelThatReturnsNothingIsUnscoredAndCounted() throws IOException {
    HttpServer server = endpoint(_ -> "");
    try {
      String[] mute = {"eval", "ours", "--model", url(server), "--first-n", "2"};
      assertThat(mneme.run(with(mute, "--json"))).as(mneme.err()).isEqualTo(ExitCodes.OK);
      JsonNode figure = mneme.json().get("summary").get("overall").get(0);
      assertThat(figure.has("mean")).isFalse();
      assertThat(figure.get("unscored").asInt()).isEqualTo(4);
      assertThat(mneme.run(with(mute, "--threshold", "grade>=1"))).isEqualTo(ExitCodes.GATE);
      assertThat(mneme.err()).contains("nothing was scored");
    } finally {
      server.stop(0);
    }
  }

  @Test
  void aMissingFileIsASentence() {
    assertThat(mneme.run("eval", "choice", "--data", "no-such.csv", "--model", model("vague")))
        .isEqualTo(ExitCodes.USAGE);
    assertThat(mneme.err()).contains("no-such.csv").doesNotContain("\tat ");
  }
}
