package dev.mneme.agent.mcp;

import static java.time.Duration.ofSeconds;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.agent.tool.PermissionAsker;
import dev.mneme.agent.tool.Permissions;
import dev.mneme.agent.tool.Tool;
import dev.mneme.agent.tool.ToolBox;
import dev.mneme.agent.tool.ToolContext;
import dev.mneme.agent.tool.ToolLimits;
import dev.mneme.agent.tool.ToolResult;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolCall;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Against real child processes that misbehave. */
@Timeout(240)
final class McpToolsTest {
  private static final ToolContext CONTEXT =
      new ToolContext(new Scope("home", "ana", "mneme", "s1"), () -> false);

  /** Only a server that hangs is given up on: the others answer or die, however slow they are. */
  private static final Duration PATIENT = Duration.ofMinutes(1);

  private static final McpLimits LIMITS = limits(PATIENT, PATIENT);

  private static McpLimits limits(Duration start, Duration call) {
    return new McpLimits(start, call, 4 << 20, 64, 200, 32_768);
  }

  static McpServerConfig.Stdio server(String mode, boolean trusted) {
    return new McpServerConfig.Stdio(
        "raw",
        trusted,
        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
        List.of(
            "-XX:TieredStopAtLevel=1",
            "-XX:+UseSerialGC",
            "-Xmx64m",
            "-cp",
            System.getProperty("java.class.path"),
            RawServer.class.getName(),
            mode),
        Map.of(),
        null);
  }

  private static ToolBox box(McpTools tools) {
    return new ToolBox(
        tools::tools,
        Permissions.inMemory(),
        (tool, call) -> PermissionAsker.Answer.ALLOW_ONCE,
        new ToolLimits(PATIENT.plus(PATIENT), 1000));
  }

  private static ToolResult say(ToolBox box) {
    return box.call(new ToolCall("c", "raw__say", Map.of("text", "hi")), CONTEXT);
  }

  @Test
  void aGoodServersToolsAreListedAndCalled() {
    try (var tools = new McpTools(List.of(server("good", false)), LIMITS)) {
      McpServerStatus status = tools.status().getFirst();
      assertThat(status.connected()).isTrue();
      assertThat(status.server()).isEqualTo("raw 1.0");
      assertThat(status.tools()).containsExactly("raw__say");
      assertThat(say(box(tools))).isEqualTo(new ToolResult.Ok("you said hi"));
    }
  }

  @Test
  void aServersReadOnlyClaimCountsOnlyWhenItIsTrusted() {
    for (boolean trusted : List.of(false, true)) {
      try (var tools = new McpTools(List.of(server("good", trusted)), LIMITS)) {
        ToolBox box = box(tools).withAsker(PermissionAsker.nobody());
        ToolResult result = say(box);
        assertThat(result).isInstanceOf(trusted ? ToolResult.Ok.class : ToolResult.Denied.class);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "dies-at-once, process ended with code 3",
    "hangs-at-start, no answer within",
  })
  void aServerThatNeverStartsOffersNothingAndSaysWhy(String mode, String why) {
    McpLimits limits = mode.equals("hangs-at-start") ? limits(ofSeconds(2), PATIENT) : LIMITS;
    try (var tools = new McpTools(List.of(server(mode, false)), limits)) {
      assertThat(tools.tools()).isEmpty();
      McpServerStatus status = tools.status().getFirst();
      assertThat(status.connected()).isFalse();
      assertThat(String.join(" ", status.problems())).contains(why);
    }
  }

  @Test
  void aMissingProgramIsNamed() {
    var missing =
        new McpServerConfig.Stdio("gone", false, "no-such-program-here", List.of(), Map.of(), null);
    try (var tools = new McpTools(List.of(missing), LIMITS)) {
      assertThat(tools.tools()).isEmpty();
      assertThat(tools.status().getFirst().problems().toString()).contains("no-such-program-here");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"dies-at-call", "hangs-at-call", "endless-line"})
  void aServerThatFailsAtACallIsAValueAndIsTriedAgain(String mode) {
    McpLimits limits = mode.equals("hangs-at-call") ? limits(PATIENT, ofSeconds(2)) : LIMITS;
    try (var tools = new McpTools(List.of(server(mode, false)), limits)) {
      ToolBox box = box(tools);
      assertThat(say(box))
          .isInstanceOfSatisfying(
              ToolResult.Failed.class,
              failed -> assertThat(failed.reason()).contains("the server raw failed"));
      assertThat(box.specs()).extracting(each -> each.name()).containsExactly("raw__say");
    }
  }

  @Test
  void aFloodOfNotificationsDoesNotDrownTheAnswer() {
    try (var tools = new McpTools(List.of(server("floods", false)), LIMITS)) {
      assertThat(say(box(tools))).isEqualTo(new ToolResult.Ok("after the flood"));
    }
  }

  @Test
  void aMegabyteIsCut() {
    try (var tools = new McpTools(List.of(server("megabyte", false)), LIMITS)) {
      assertThat(say(box(tools)))
          .isInstanceOfSatisfying(
              ToolResult.Ok.class,
              ok -> assertThat(ok.text()).hasSizeLessThan(1100).contains("1048576 characters"));
    }
  }

  @Test
  void toolsWithLyingSchemasAreLeftOutAndNamed() {
    try (var tools = new McpTools(List.of(server("lies-about-schema", false)), LIMITS)) {
      assertThat(tools.tools()).extracting(each -> each.spec().name()).containsExactly("raw__say");
      assertThat(tools.status().getFirst().problems().toString())
          .contains("broken")
          .contains("huge");
    }
  }

  @Test
  void linesThatAreNoJsonAreSurvived() {
    try (var tools = new McpTools(List.of(server("speaks-no-json", false)), LIMITS)) {
      assertThat(say(box(tools))).isEqualTo(new ToolResult.Ok("you said hi"));
    }
  }

  @Test
  void aToolsOwnErrorIsAFailure() {
    try (var tools = new McpTools(List.of(server("reports-error", false)), LIMITS)) {
      assertThat(say(box(tools))).isEqualTo(new ToolResult.Failed("disk not found"));
    }
  }

  @Test
  void descriptionsAreCutAndTheirMarkersBroken() {
    try (var tools = new McpTools(List.of(server("injects", false)), LIMITS)) {
      Tool tool = tools.tools().getFirst();
      assertThat(tool.spec().description())
          .hasSizeLessThan(300)
          .doesNotContain("<|", "</memory>", "<tool_call>");
    }
  }

  @Test
  void theFilePeopleHaveIsRead() {
    List<McpServerConfig> configs =
        McpServerConfig.parse(
            """
            {"mcpServers": {
              "files": {"command": "npx", "args": ["-y", "${PKG}"], "env": {"A": "b"},
                        "alwaysAllow": ["delete"]},
              "wiki": {"type": "http", "url": "https://example.org/mcp?x=1",
                       "headers": {"Authorization": "Bearer ${KEY}"}, "trusted": true},
              "old": {"command": "x", "disabled": true}
            }}
            """,
            "mcp.json",
            name -> Optional.of("<" + name + ">"));
    assertThat(configs)
        .containsExactly(
            new McpServerConfig.Stdio(
                "files", false, "npx", List.of("-y", "<PKG>"), Map.of("A", "b"), null),
            new McpServerConfig.Http(
                "wiki",
                true,
                java.net.URI.create("https://example.org/mcp?x=1"),
                Map.of("Authorization", "Bearer <KEY>")));
    assertThat(configs.toString()).doesNotContain("<KEY>");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      value = {
        "{oops; not JSON",
        "{}; expected an object \"mcpServers\"",
        "{\"mcpServers\": {\"a\": {}}}; server \"a\" needs a \"command\"",
        "{\"mcpServers\": {\"a\": {\"url\": \"ftp://x\"}}}; server \"a\" needs an http",
        "{\"mcpServers\": {\"a\": {\"url\": \"http://x\", \"type\": \"sse\"}}}; old HTTP+SSE",
        "{\"mcpServers\": {\"a\": {\"command\": \"${NOPE}\"}}}; uses ${NOPE}, which is not set",
      })
  void mistakesInTheFileNameItAndTheServer(String json, String expected) {
    assertThatThrownBy(() -> McpServerConfig.parse(json, "mcp.json", name -> Optional.empty()))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("mcp.json")
        .hasMessageContaining(expected);
  }
}
