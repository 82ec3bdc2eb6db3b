package dev.mneme.cli;

import dev.mneme.data.JsonLinesException;
import dev.mneme.evals.EvalException;
import java.io.UncheckedIOException;
import java.util.function.Supplier;

/** Turns what is wrong with an input file into what the person at the terminal can mend. */
final class EvalFiles {
  private EvalFiles() {}

  static <T> T reading(Supplier<T> source) {
    try {
      return source.get();
    } catch (EvalException
        | JsonLinesException
        | UncheckedIOException
        | IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
  }
}
