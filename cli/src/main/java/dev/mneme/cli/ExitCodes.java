package dev.mneme.cli;

/** The exit codes of every command; documented in the README and in {@code mneme --help}. */
public final class ExitCodes {
  /** Done. */
  public static final int OK = 0;

  /** It failed: the message says what, and what to do. */
  public static final int FAILURE = 1;

  /** The command line, the configuration or an input file is not right. */
  public static final int USAGE = 2;

  /** It ran, and a gate or a threshold was not passed. */
  public static final int GATE = 3;

  /** It ran, and there was nothing to learn from. */
  public static final int NOTHING_TO_LEARN = 4;

  /** Stopped by Ctrl-C. */
  public static final int INTERRUPTED = 130;

  private ExitCodes() {}
}
