package dev.mneme.agent.tool;

import static java.util.Objects.requireNonNull;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import dev.mneme.data.MemoryBlock;
import org.jspecify.annotations.Nullable;

/**
 * What came of a tool call. All three cases are values the model sees; none of them can grant a
 * permission.
 */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
  @JsonSubTypes.Type(value = ToolResult.Ok.class, name = "ok"),
  @JsonSubTypes.Type(value = ToolResult.Failed.class, name = "failed"),
  @JsonSubTypes.Type(value = ToolResult.Denied.class, name = "denied"),
})
public sealed interface ToolResult {
  /**
   * The tool answered.
   *
   * @param text the answer as text
   * @param structured the answer as JSON values, where the tool gives them
   */
  @JsonInclude(JsonInclude.Include.NON_NULL)
  record Ok(String text, @Nullable Object structured) implements ToolResult {
    public Ok {
      requireNonNull(text, "text is null");
    }

    public Ok(String text) {
      this(text, null);
    }
  }

  /** The tool could not do it; the reason is written for the model. */
  record Failed(String reason) implements ToolResult {
    public Failed {
      requireNonNull(reason, "reason is null");
    }
  }

  /** The tool was not run because nobody allowed it. */
  record Denied(String reason) implements ToolResult {
    public Denied {
      requireNonNull(reason, "reason is null");
    }
  }

  /**
   * The text of the tool message the model reads: data, with everything that looks like a prompt
   * marker broken.
   */
  default String forModel() {
    return MemoryBlock.breakMarkers(
        switch (this) {
          case Ok ok -> ok.text();
          case Failed failed -> "error: " + failed.reason();
          case Denied denied -> "denied: " + denied.reason();
        });
  }
}
