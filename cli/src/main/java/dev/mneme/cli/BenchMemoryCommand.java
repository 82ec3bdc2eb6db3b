package dev.mneme.cli;

import dev.mneme.data.FileTrees;
import dev.mneme.ltm.MemoryBench;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "memory",
    description =
        "Measure durable writes, recall, size on disk, deletion and opening of a store of its own.")
final class BenchMemoryCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--turns",
      defaultValue = "100000",
      description = "Turns in the store (default: ${DEFAULT-VALUE}).")
  int turns;

  @Option(
      names = "--threads",
      defaultValue = "16",
      description = "Threads that write at once (default: ${DEFAULT-VALUE}).")
  int threads;

  @Option(names = "--seed", defaultValue = "1", description = "Of the words.")
  long seed;

  @Option(
      names = "--dir",
      paramLabel = "DIR",
      description = "Where to make the store (default: a temporary directory).")
  @Nullable Path dir;

  @Option(names = "--json", description = "Print everything as JSON.")
  boolean json;

  @Override
  public Integer call() throws IOException {
    Path parent = dir;
    Path home =
        parent == null
            ? Files.createTempDirectory("mneme-bench-memory")
            : Files.createTempDirectory(Files.createDirectories(parent), "bench-memory");
    try {
      MemoryBench.Result result = new MemoryBench(home, turns, threads, seed, this::progress).run();
      if (json) {
        Output.json(spec, result);
      } else {
        print(result);
      }
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    } finally {
      FileTrees.delete(home);
    }
    return ExitCodes.OK;
  }

  private void progress(String what) {
    Output.err(spec).println(what);
    Output.err(spec).flush();
  }

  private void print(MemoryBench.Result result) {
    var out = Output.out(spec);
    out.printf(Locale.ROOT, "%d turns%n", result.turns());
    line(out, "write", result.write());
    line(out, "recall", result.recall());
    line(out, "bytes/turn", result.bytesPerTurn());
    out.printf(
        Locale.ROOT,
        "delete 1000: %.3f s%nopen: %.3f s%n",
        result.deleteThousandSeconds(),
        result.openSeconds());
    out.flush();
  }

  private static void line(java.io.PrintWriter out, String name, Map<String, Double> values) {
    out.printf(Locale.ROOT, "%-12s", name);
    values.forEach((key, value) -> out.printf(Locale.ROOT, " %s %.3f", key, value));
    out.println();
  }
}
