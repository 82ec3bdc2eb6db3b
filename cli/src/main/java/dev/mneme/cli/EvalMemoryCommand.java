package dev.mneme.cli;

import dev.mneme.cli.models.ModelEmbedder;
import dev.mneme.data.FileTrees;
import dev.mneme.data.Scope;
import dev.mneme.data.Turn;
import dev.mneme.evals.memory.BfclMemory;
import dev.mneme.evals.memory.Locomo;
import dev.mneme.evals.memory.LongMemEval;
import dev.mneme.evals.memory.MemoryDataset;
import dev.mneme.evals.memory.MemoryEvaluation;
import dev.mneme.evals.memory.MemoryUnderTest;
import dev.mneme.ltm.MemoryQuery;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreConfig;
import dev.mneme.ltm.Recalled;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "memory",
    description = {
      "Measure what the long-term memory finds of known evidence, by turn and by session.",
      "Needs no model. Uses a store of its own in a temporary directory."
    })
final class EvalMemoryCommand implements Callable<Integer> {
  /** The file formats that can be read. */
  enum Format {
    locomo,
    longmemeval,
    bfcl
  }

  @Spec CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--format",
      required = true,
      paramLabel = "FORMAT",
      description = "What the file is: ${COMPLETION-CANDIDATES}.")
  Format format = Format.locomo;

  @Option(
      names = "--embedder",
      paramLabel = "MODEL",
      description =
          "Fuse words with the vectors of this model: active, a registered checkpoint or a folder.")
  @Nullable String embedder;

  @Option(names = "--json", description = "Print everything as JSON.")
  boolean json;

  @Parameters(
      paramLabel = "FILE",
      description = "The dataset; for bfcl its folder or its questions' file.")
  Path file = Path.of("");

  @Override
  public Integer call() throws IOException {
    if (!Files.exists(file)) {
      throw new UserError(file + " does not exist; give the path of a " + format + " file");
    }
    MemoryDataset dataset;
    try {
      dataset =
          switch (format) {
            case locomo -> Locomo.read(file);
            case longmemeval -> LongMemEval.read(file);
            case bfcl -> BfclMemory.read(file);
          };
    } catch (IllegalArgumentException e) {
      throw new UserError(String.valueOf(e.getMessage()), ExitCodes.USAGE, e);
    }
    Path home = Files.createTempDirectory("mneme-eval-memory");
    try (ModelEmbedder vectors = embedder();
        MemoryStore store =
            MemoryStore.open(MemoryStoreConfig.at(home, Clock.systemUTC()).withEmbedder(vectors))) {
      MemoryEvaluation.Result result =
          new MemoryEvaluation(System::nanoTime).run(dataset, new StoreUnderTest(store));
      if (json) {
        Output.json(spec, result);
      } else {
        print(result);
      }
    } finally {
      FileTrees.delete(home);
    }
    return ExitCodes.OK;
  }

  private @Nullable ModelEmbedder embedder() {
    if (embedder == null) {
      return null;
    }
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      return bench.models().embedder(embedder);
    }
  }

  private void print(MemoryEvaluation.Result result) {
    var out = Output.out(spec);
    out.printf(
        Locale.ROOT,
        "%s: %d questions, %d left out for want of evidence%n",
        result.dataset(),
        result.questions(),
        result.unusable());
    table(out, "turns", result.turn());
    table(out, "sessions", result.session());
    out.printf(
        Locale.ROOT,
        "latency of a recall of 50: p50 %.2f ms, p99 %.2f ms%n",
        result.latencyMillis().getOrDefault("p50", 0.0),
        result.latencyMillis().getOrDefault("p99", 0.0));
    out.flush();
  }

  private static void table(
      java.io.PrintWriter out, String unit, Map<String, Map<String, Double>> groups) {
    out.printf(
        Locale.ROOT,
        "%n%-24s %6s %9s %9s %9s %7s %7s %7s %8s%n",
        unit,
        "n",
        "recall@5",
        "recall@10",
        "recall@50",
        "any@5",
        "all@5",
        "mrr",
        "ndcg@10");
    groups.forEach(
        (name, means) ->
            out.printf(
                Locale.ROOT,
                "%-24s %6.0f %9.3f %9.3f %9.3f %7.3f %7.3f %7.3f %8.3f%n",
                name,
                means.getOrDefault("n", 0.0),
                means.getOrDefault("recall@5", 0.0),
                means.getOrDefault("recall@10", 0.0),
                means.getOrDefault("recall@50", 0.0),
                means.getOrDefault("any@5", 0.0),
                means.getOrDefault("all@5", 0.0),
                means.getOrDefault("mrr", 0.0),
                means.getOrDefault("ndcg@10", 0.0)));
  }

  /** The store behind the evaluation's port. */
  private record StoreUnderTest(MemoryStore store) implements MemoryUnderTest {
    @Override
    public void remember(List<Turn> turns) {
      store.remember(turns);
      store.awaitVectors();
    }

    @Override
    public List<String> turns(Scope scope, String question, @Nullable Instant asked, int limit) {
      return store.recall(query(scope, question, asked, limit)).stream().map(Recalled::id).toList();
    }

    @Override
    public List<String> sessions(Scope scope, String question, @Nullable Instant asked, int limit) {
      return store
          .recall(
              query(scope, question, asked, limit).withGranularity(MemoryQuery.Granularity.SESSION))
          .stream()
          .map(found -> found.scope().session())
          .toList();
    }

    private static MemoryQuery query(
        Scope scope, String question, @Nullable Instant asked, int limit) {
      MemoryQuery query = MemoryQuery.of(scope, question, limit);
      return asked == null ? query : query.asking(asked);
    }
  }
}
