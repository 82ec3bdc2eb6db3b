package dev.mneme.cli;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.mneme.data.Json;
import dev.mneme.data.StarterCheckpoint;
import dev.mneme.dpo.registry.CheckpointRegistry;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Runs commands in this process and keeps what the last of them said. Confined to one thread. */
final class Commands {
  /** Settings under which a cycle takes seconds and promotes, whatever little it learns from. */
  static final List<String> SMALL_CYCLES =
      List.of(
          "--set",
          "evolution.minPairs=1",
          "--set",
          "evolution.heldOutFraction=0.4",
          "--set",
          "gate.enabled=false",
          "--set",
          "training.epochs=1",
          "--set",
          "training.replayFraction=0");

  private final @Nullable Supplier<Path> home;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private Commands(@Nullable Supplier<Path> home) {
    this.home = home;
  }

  /** Commands that are given this home; it is asked for late, as JUnit makes folders late. */
  static Commands at(Supplier<Path> home) {
    return new Commands(home);
  }

  /** Commands that are given nothing but their arguments. */
  static Commands plain() {
    return new Commands(null);
  }

  /** The exit code. */
  int run(String... arguments) {
    out.getBuffer().setLength(0);
    err.getBuffer().setLength(0);
    List<String> all = new ArrayList<>();
    if (home != null) {
      all.addAll(List.of("--home", home.get().toString()));
    }
    all.addAll(List.of(arguments));
    return Main.commandLine()
        .setOut(new PrintWriter(out, true))
        .setErr(new PrintWriter(err, true))
        .execute(all.toArray(String[]::new));
  }

  String out() {
    return out.toString();
  }

  String err() {
    return err.toString();
  }

  JsonNode json() {
    return Json.mapper().readTree(out());
  }

  /** The registry of a home in which the bundled checkpoint serves; skips where there is none. */
  static CheckpointRegistry withBundledCheckpoint(Path home) {
    assumeBundledCheckpoint();
    var registry = CheckpointRegistry.open(home.resolve("models"), Clock.systemUTC());
    BundledCheckpoint.installIfMissing(registry);
    return registry;
  }

  static void assumeBundledCheckpoint() {
    assumeTrue(StarterCheckpoint.isPresent(), "this build carries no starter checkpoint");
  }
}
