package dev.mneme.agent.tool;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Scope;
import java.util.function.BooleanSupplier;

/**
 * For whom a tool runs.
 *
 * @param scope whose conversation asked; a tool that reads memory reads this scope's
 * @param cancelled true once the person wants the step to stop
 */
public record ToolContext(Scope scope, BooleanSupplier cancelled) {
  public ToolContext {
    requireNonNull(scope, "scope is null");
    requireNonNull(cancelled, "cancelled is null");
  }
}
