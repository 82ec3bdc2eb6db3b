package dev.mneme.agent.tool;

import static dev.mneme.agent.Fixtures.tool;
import static org.assertj.core.api.Assertions.assertThat;

import dev.mneme.agent.tool.PermissionAsker.Answer;
import dev.mneme.data.Scope;
import dev.mneme.data.ToolCall;
import dev.mneme.data.ToolSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

final class ToolBoxTest {
  private static final ToolContext CONTEXT =
      new ToolContext(new Scope("home", "ana", "mneme", "s1"), () -> false);
  private static final Map<String, Object> SCHEMA =
      Map.of(
          "type",
          "object",
          "properties",
          Map.of("path", Map.of("type", "string")),
          "required",
          List.of("path"));

  private final AtomicInteger runs = new AtomicInteger();
  private final List<ToolCall> asked = new ArrayList<>();

  private Tool delete(String description) {
    return tool(
        new ToolSpec("delete_file", description, SCHEMA),
        ToolTraits.UNKNOWN,
        arguments -> {
          runs.incrementAndGet();
          return new ToolResult.Ok("deleted");
        });
  }

  private ToolBox box(Permissions permissions, Answer answer, Tool... tools) {
    return box(Duration.ofMinutes(1), permissions, answer, tools);
  }

  private ToolBox box(Duration time, Permissions permissions, Answer answer, Tool... tools) {
    return new ToolBox(
        () -> List.of(tools),
        permissions,
        (tool, call) -> {
          asked.add(call);
          return answer;
        },
        new ToolLimits(time, 100));
  }

  private static ToolCall call(Object path) {
    return new ToolCall("c1", "delete_file", Map.of("path", path));
  }

  @Test
  void aToolThatMayDoHarmAsksEveryTime() {
    ToolBox box = box(Permissions.inMemory(), Answer.ALLOW_ONCE, delete("deletes"));
    assertThat(box.call(call("a"), CONTEXT)).isEqualTo(new ToolResult.Ok("deleted"));
    box.call(call("b"), CONTEXT);
    assertThat(asked).hasSize(2);
  }

  @Test
  void aNoIsAValueAndTheToolDoesNotRun() {
    ToolBox box = box(Permissions.inMemory(), Answer.DENY_ONCE, delete("deletes"));
    assertThat(box.call(call("a"), CONTEXT)).isInstanceOf(ToolResult.Denied.class);
    assertThat(runs).hasValue(0);
  }

  @Test
  void alwaysIsRememberedAcrossProcesses(@TempDir Path dir) {
    Path file = dir.resolve("home").resolve("permissions.json");
    box(new FilePermissions(file), Answer.ALLOW_ALWAYS, delete("deletes")).call(call("a"), CONTEXT);
    ToolBox later = box(new FilePermissions(file), Answer.DENY_ONCE, delete("deletes"));
    assertThat(later.call(call("b"), CONTEXT)).isEqualTo(new ToolResult.Ok("deleted"));
    assertThat(asked).hasSize(1);
  }

  @Test
  void aToolThatChangesItsDescriptionHasToBeAllowedAgain(@TempDir Path dir) throws IOException {
    Path file = dir.resolve("permissions.json");
    box(new FilePermissions(file), Answer.ALLOW_ALWAYS, delete("deletes a file"))
        .call(call("a"), CONTEXT);
    ToolBox changed =
        box(
            new FilePermissions(file),
            Answer.DENY_ALWAYS,
            delete("deletes a file and mails it to somebody"));
    assertThat(changed.call(call("b"), CONTEXT)).isInstanceOf(ToolResult.Denied.class);
    assertThat(asked).hasSize(2);
    assertThat(changed.specs()).isEmpty();
    assertThat(Files.readString(file)).contains("deny").doesNotContain("allow");
  }

  @Test
  void aDeniedToolIsNotOffered() {
    Permissions permissions = Permissions.inMemory();
    permissions.decide(delete("deletes"), Permission.DENY);
    ToolBox box = box(permissions, Answer.ALLOW_ONCE, delete("deletes"));
    assertThat(box.specs()).isEmpty();
    assertThat(box.call(call("a"), CONTEXT)).isInstanceOf(ToolResult.Denied.class);
    assertThat(asked).isEmpty();
  }

  @Test
  void argumentsAreValidatedBeforeAnybodyIsAsked() {
    ToolBox box = box(Permissions.inMemory(), Answer.ALLOW_ONCE, delete("deletes"));
    assertThat(box.call(call(7), CONTEXT))
        .isInstanceOfSatisfying(
            ToolResult.Failed.class, failed -> assertThat(failed.reason()).contains("path"));
    assertThat(box.call(new ToolCall("c", "delete_file", Map.of()), CONTEXT))
        .isInstanceOf(ToolResult.Failed.class);
    assertThat(
            box.call(
                new ToolCall("c", "delete_file", Map.of(ToolBox.UNPARSED, "{\"path\": ")), CONTEXT))
        .isInstanceOfSatisfying(
            ToolResult.Failed.class,
            failed -> assertThat(failed.reason()).contains("not a JSON object"));
    assertThat(asked).isEmpty();
    assertThat(runs).hasValue(0);
  }

  @Test
  void anUnknownToolIsNamedWithWhatThereIs() {
    ToolBox box = box(Permissions.inMemory(), Answer.ALLOW_ONCE, delete("deletes"));
    assertThat(box.call(new ToolCall("c", "format_disk", Map.of()), CONTEXT))
        .isEqualTo(
            new ToolResult.Failed("there is no tool \"format_disk\"; available: [delete_file]"));
  }

  @Test
  @Timeout(120)
  void aToolThatHangsIsLeftBehind() {
    Tool hanging =
        tool(
            new ToolSpec("hang", "hangs", Map.of("type", "object")),
            ToolTraits.READ_ONLY,
            arguments -> {
              try {
                Thread.sleep(Duration.ofMinutes(5));
              } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
              }
              return new ToolResult.Ok("late");
            });
    ToolBox box = box(Duration.ofMillis(300), Permissions.inMemory(), Answer.DENY_ONCE, hanging);
    assertThat(box.call(new ToolCall("c", "hang", Map.of()), CONTEXT))
        .isEqualTo(new ToolResult.Failed("\"hang\" did not answer within 300 ms"));
  }

  @Test
  void aToolThatThrowsIsAValueButAnErrorIsNot() {
    Tool throwing =
        tool(
            new ToolSpec("throw", "throws", Map.of("type", "object")),
            ToolTraits.READ_ONLY,
            arguments -> {
              throw new IllegalStateException("the server went away");
            });
    Tool broken =
        tool(
            new ToolSpec("break", "breaks", Map.of("type", "object")),
            ToolTraits.READ_ONLY,
            arguments -> {
              throw new AssertionError("broken invariant");
            });
    ToolBox box = box(Permissions.inMemory(), Answer.DENY_ONCE, throwing, broken);
    assertThat(box.call(new ToolCall("c", "throw", Map.of()), CONTEXT))
        .isEqualTo(new ToolResult.Failed("\"throw\" failed: the server went away"));
    Assertions.assertThatThrownBy(() -> box.call(new ToolCall("c", "break", Map.of()), CONTEXT))
        .isInstanceOf(AssertionError.class);
  }

  @Test
  void aFloodIsCutVisibly() {
    Tool flood =
        tool(
            new ToolSpec("flood", "floods", Map.of("type", "object")),
            ToolTraits.READ_ONLY,
            arguments -> new ToolResult.Ok("x".repeat(1_000_000)));
    ToolResult result =
        box(Permissions.inMemory(), Answer.DENY_ONCE, flood)
            .call(new ToolCall("c", "flood", Map.of()), CONTEXT);
    assertThat(result)
        .isInstanceOfSatisfying(
            ToolResult.Ok.class,
            ok ->
                assertThat(ok.text())
                    .hasSizeLessThan(200)
                    .endsWith("[…cut: 100 of 1000000 characters]"));
  }

  @Test
  void aPersonaCanTakeToolsAwayOnly() {
    ToolBox box =
        box(Permissions.inMemory(), Answer.ALLOW_ONCE, BuiltIns.calculator(), delete("deletes"));
    ToolBox restricted = box.restrictedTo(Set.of("calculator", "format_disk"));
    assertThat(restricted.specs()).extracting(ToolSpec::name).containsExactly("calculator");
    assertThat(restricted.call(call("a"), CONTEXT)).isInstanceOf(ToolResult.Failed.class);
    assertThat(runs).hasValue(0);
  }

  @Test
  void aReadOnlyClaimOfAnUntrustedToolDoesNotCount() {
    Tool claiming =
        new Tool() {
          @Override
          public ToolSpec spec() {
            return new ToolSpec("claims", "says it is read-only", Map.of("type", "object"));
          }

          @Override
          public ToolTraits traits() {
            return ToolTraits.READ_ONLY;
          }

          @Override
          public boolean trusted() {
            return false;
          }

          @Override
          public ToolResult call(Map<String, Object> arguments, ToolContext context) {
            runs.incrementAndGet();
            return new ToolResult.Ok("");
          }
        };
    ToolBox box = box(Permissions.inMemory(), Answer.DENY_ONCE, claiming);
    assertThat(box.call(new ToolCall("c", "claims", Map.of()), CONTEXT))
        .isInstanceOf(ToolResult.Denied.class);
    assertThat(asked).hasSize(1);
    assertThat(runs).hasValue(0);
  }

  @Test
  void aCorruptPermissionFileIsNamedAndNotOverwritten(@TempDir Path dir) throws IOException {
    Path file = Files.writeString(dir.resolve("permissions.json"), "{oops");
    ToolBox box = box(new FilePermissions(file), Answer.ALLOW_ALWAYS, delete("deletes"));
    assertThat(box.call(call("a"), CONTEXT))
        .isInstanceOfSatisfying(
            ToolResult.Denied.class,
            denied -> assertThat(denied.reason()).contains(file.toString()));
    assertThat(Files.readString(file)).isEqualTo("{oops");
    assertThat(runs).hasValue(0);
  }
}
