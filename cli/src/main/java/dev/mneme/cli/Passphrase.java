package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import java.io.Console;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Fetches the memory's passphrase from where the configuration says it is. It never stands on a
 * command line, where other users of the machine could read it.
 */
final class Passphrase {
  private Passphrase() {}

  /**
   * The passphrase.
   *
   * @param source {@code env:NAME}, {@code file:PATH} (its first line) or {@code prompt}; null for
   *     none
   * @throws UserError when it is not there
   */
  static @Nullable String read(@Nullable String source, Map<String, String> environment) {
    if (source == null) {
      return null;
    }
    String found =
        source.startsWith("env:")
            ? environment.get(source.substring(4))
            : source.startsWith("file:") ? fromFile(Path.of(source.substring(5))) : asked();
    if (found == null || found.isBlank()) {
      throw new UserError(
          "memory.passphrase is "
              + source
              + ", and there is no passphrase there; set it, or name another env:NAME, file:PATH or"
              + " prompt");
    }
    return found;
  }

  private static @Nullable String fromFile(Path file) {
    try {
      return Files.readString(file, UTF_8).lines().findFirst().orElse(null);
    } catch (IOException e) {
      throw new UserError(
          "cannot read the passphrase from " + file + ": " + e.getMessage(), ExitCodes.USAGE, e);
    }
  }

  private static @Nullable String asked() {
    Console console = requireNonNull(System.console(), "since Java 22 there is always one");
    if (!console.isTerminal()) {
      throw new UserError(
          "memory.passphrase is prompt, and there is no terminal to ask at; use env:NAME or"
              + " file:PATH");
    }
    char[] typed = console.readPassword("Passphrase of the memory: ");
    return typed == null ? null : new String(typed);
  }
}
