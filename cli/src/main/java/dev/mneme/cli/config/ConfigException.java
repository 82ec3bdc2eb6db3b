package dev.mneme.cli.config;

import org.jspecify.annotations.Nullable;

/** A configuration that cannot be used; the message names the file or option and the key's path. */
public final class ConfigException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  ConfigException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
