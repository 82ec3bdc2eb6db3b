package dev.mneme.agent.tool;

/**
 * What a tool may do to the world, in the words of the Model Context Protocol's annotations.
 *
 * @param readOnly it changes nothing
 * @param destructive it may delete or overwrite; meaningless when {@code readOnly}
 * @param idempotent calling it twice with the same arguments changes nothing more
 * @param openWorld it talks to something outside this installation
 */
public record ToolTraits(
    boolean readOnly, boolean destructive, boolean idempotent, boolean openWorld) {
  /** The protocol's defaults: assume the worst of a tool that says nothing. */
  public static final ToolTraits UNKNOWN = new ToolTraits(false, true, false, true);

  /** Looks at this installation's own data and changes nothing. */
  public static final ToolTraits READ_ONLY = new ToolTraits(true, false, true, false);
}
