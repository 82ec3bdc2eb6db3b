package dev.mneme.data;

/** A line that is not the record it should be; the message names file, line and what was found. */
public final class JsonLinesException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  JsonLinesException(String message, Throwable cause) {
    super(message, cause);
  }
}
