package dev.mneme.agent.tool;

import dev.mneme.data.ToolCall;

/** The port to the person who may allow a call. Called on the step's thread; may block. */
@FunctionalInterface
public interface PermissionAsker {
  Answer ask(Tool tool, ToolCall call);

  /** Says no to everything: what a run without a person uses. */
  static PermissionAsker nobody() {
    return (tool, call) -> Answer.DENY_ONCE;
  }

  /** What the person said. */
  enum Answer {
    ALLOW_ONCE,
    ALLOW_ALWAYS,
    DENY_ONCE,
    DENY_ALWAYS
  }
}
