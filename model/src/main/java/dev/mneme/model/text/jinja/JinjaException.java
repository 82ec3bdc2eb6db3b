package dev.mneme.model.text.jinja;

/** A template that cannot be parsed or run; the message names its line. */
public final class JinjaException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** True when the template itself called {@code raise_exception}: the input is at fault. */
  private final boolean raised;

  JinjaException(String message) {
    this(message, false);
  }

  JinjaException(String message, boolean raised) {
    super(message);
    this.raised = raised;
  }

  public boolean raisedByTemplate() {
    return raised;
  }
}
