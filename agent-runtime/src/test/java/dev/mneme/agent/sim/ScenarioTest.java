package dev.mneme.agent.sim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.modelcontextprotocol.json.McpJsonDefaults;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import tools.jackson.core.type.TypeReference;
import tools.jackson.dataformat.yaml.YAMLMapper;

final class ScenarioTest {
  private static final String GOOD =
      """
      name: small
      personas:
        kind: You are kind.
      agents:
        - id: one
          persona: kind
        - id: two
          persona: kind
          after: one
      users:
        - id: ana
          agent: one
          tasks:
            - ask: ["Hello?"]
      """;

  @Test
  void aSmallScenarioIsRead() {
    Scenario scenario = Scenario.parse(GOOD, "s.yaml");
    assertThat(scenario.speakingOrder())
        .extracting(Scenario.AgentSpec::id)
        .containsExactly("one", "two");
    assertThat(scenario.sessionSteps()).isEqualTo(5);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tutoring", "household-assistant", "support-desk", "debate", "population"})
  void shippedScenariosAreRead(String name) {
    Scenario scenario = Scenario.load(name);
    assertThat(scenario.name()).isEqualTo(name);
    assertThat(scenario.description()).isNotBlank();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"tutoring", "household-assistant", "support-desk", "debate", "population"})
  void theSchemaForEditorsDescribesShippedScenarios(String name) throws Exception {
    var yaml = new YAMLMapper();
    try (var schema = Scenario.class.getResourceAsStream("scenario.schema.json");
        var scenario = Scenario.class.getResourceAsStream(name + ".yaml")) {
      var map = new TypeReference<Map<String, Object>>() {};
      var response =
          McpJsonDefaults.getSchemaValidator()
              .validate(yaml.readValue(schema, map), yaml.readValue(scenario, map));
      assertThat(response.valid()).as(String.valueOf(response.errorMessage())).isTrue();
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "  kind: You are kind.|  kind: You are kind.\\nsped: 3|s.yaml:4|unknown key \"sped\"",
        "    persona: kind\\n    after|    persona: mean\\n    after|s.yaml:8|no persona \"mean\"",
        "    after: one|    after: two|s.yaml:9|goes in a circle",
        "    after: one|    after: nobody|s.yaml:9|no agent \"nobody\"",
        "    agent: one|    agent: two|s.yaml:12|no agent that users speak with",
        "    agent: one|    agent: one\\n    noise: 2|s.yaml:1|noise must be from 0 to 1",
        "    agent: one|    agent: one\\n    joins: -1|s.yaml:1|joins is a step, from 0 on",
        "    agent: one|    agent: one\\n    voice: third|s.yaml:13|\"third\" is none of"
            + " [any, first, second]",
        "    agent: one|    agent: one\\n    patience: much|s.yaml:13|\"much\" is no number",
        "    agent: one|    agent: one\\n    facts: none|s.yaml:13|facts: expected a list",
        "    tasks:|    taks:|s.yaml:13|unknown key \"taks\"; expected one of [id, agent",
        "name: small|nam: small|s.yaml:1|unknown key \"nam\"; expected one of [name, desc",
        "name: small| |s.yaml:1|name is missing",
        "name: small|name: small\\nstep_time: soon|s.yaml:2|\"soon\" is no length of time",
        "    persona: kind\\n"
            + "    after|    persona: kind\\n"
            + "    tools: [web]\\n"
            + "    after|s.yaml:7|there is no tool",
        "  - id: two|  - id: one|s.yaml:7|two agents are called \"one\"",
        "      - ask: [\"Hello?\"]|      - ask: []|s.yaml:1|\"ask\" needs at least one text",
      })
  void mistakesNameFileLineAndWhatWasExpected(
      String from, @Nullable String to, String where, String what) {
    String bad = GOOD.replace(from.replace("\\n", "\n"), to == null ? "" : to.replace("\\n", "\n"));
    assertThat(bad).isNotEqualTo(GOOD);
    assertThatThrownBy(() -> Scenario.parse(bad, "s.yaml"))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageStartingWith(where)
        .hasMessageContaining(what);
  }

  @Test
  void noUsersAndNoFileAreSaid() {
    String noUsers = GOOD.substring(0, GOOD.indexOf("users:")) + "users: []\n";
    assertThatThrownBy(() -> Scenario.parse(noUsers, "s.yaml"))
        .hasMessageContaining("s.yaml:10: users: a scenario needs at least one user");
    assertThatThrownBy(() -> Scenario.parse("\n", "s.yaml"))
        .hasMessage("s.yaml:1: the file is empty");
    assertThatThrownBy(() -> Scenario.load("no-such-scenario"))
        .hasMessageContaining("shipped ones are");
  }

  @Test
  void exactlyTheGivenShareIsAdversarial() {
    Scenario.UserSpec ana = Scenario.parse(GOOD, "s.yaml").withAdversarial(0.2).users().getFirst();
    for (long seed = 0; seed < 20; seed++) {
      int opposed = 0;
      for (int cell = 0; cell < 20; cell++) {
        opposed += HiddenProfile.adversarial(ana, seed, cell) ? 1 : 0;
      }
      assertThat(opposed).as("seed %s", seed).isEqualTo(4);
    }
  }

  @Test
  void peopleCanBeTakenAsTheyAreAtAStep() {
    Scenario scenario = Scenario.load("household-assistant");
    Scenario.UserSpec before = scenario.asOf(99).users().getFirst();
    Scenario.UserSpec after = scenario.asOf(100).users().getFirst();
    assertThat(before.drift()).isEmpty();
    assertThat(before.tastes()).isEqualTo(scenario.users().getFirst().tastes());
    assertThat(after.tastes()).isEqualTo(scenario.users().getFirst().drift().getFirst().tastes());
    assertThat(scenario.withDriftAt(7).asOf(7).users().getFirst().tastes())
        .isEqualTo(after.tastes());
  }

  @Test
  void diversityIsMeasured() {
    List<String> same = List.of("the cat sat on the mat", "the cat sat on the mat");
    List<String> different = List.of("the cat sat on the mat", "dogs bark loudly at night often");
    assertThat(TextDiversity.selfBleu(same)).isEqualTo(1);
    assertThat(TextDiversity.selfBleu(different)).isLessThan(0.05);
    // 12 words, of which 5 different: the cat sat on mat.
    assertThat(TextDiversity.distinct(same, 1)).isEqualTo(5 / 12.0);
    assertThat(TextDiversity.distinct(different, 2)).isEqualTo(1);
  }

  @Test
  void mendedRepliesAreWhatThePersonLikes() {
    String reply =
        "Here is a long answer! It goes on and on, with many words that nobody needs. Why?";
    for (Taste each : Taste.values()) {
      assertThat(each.likes(each.mended(reply))).as(each.name()).isTrue();
      assertThat(each.complaints()).hasSize(4);
    }
  }
}
