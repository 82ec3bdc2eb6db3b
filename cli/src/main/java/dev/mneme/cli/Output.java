package dev.mneme.cli;

import dev.mneme.data.Json;
import java.io.PrintWriter;
import java.time.Duration;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;
import tools.jackson.databind.SerializationFeature;

/** Where a command prints: results to stdout, everything else to stderr. */
public final class Output {
  private Output() {}

  public static PrintWriter out(CommandSpec spec) {
    return spec.commandLine().getOut();
  }

  public static PrintWriter err(CommandSpec spec) {
    return spec.commandLine().getErr();
  }

  /** A length of time for people, to the second: 1h5m20s. */
  public static String time(Duration time) {
    return Duration.ofSeconds(time.toSeconds()).toString().substring(2).toLowerCase(Locale.ROOT);
  }

  /** One JSON value, indented, on stdout. */
  public static void json(CommandSpec spec, Object value) {
    out(spec)
        .println(
            Json.mapper()
                .writer()
                .with(SerializationFeature.INDENT_OUTPUT)
                .writeValueAsString(value));
    out(spec).flush();
  }
}
