package dev.mneme.cli;

import dev.mneme.data.Json;
import java.io.PrintWriter;
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
