package dev.mneme.cli;

import dev.mneme.agent.Cancellation;
import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ChatReply;
import dev.mneme.agent.ChatRequest;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.DataProvenance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(
    name = "import",
    description = "Check a Hugging Face folder, copy it among the checkpoints and measure it.")
final class ModelsImportCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "The folder.")
  Path folder = Path.of("");

  @Option(names = "--name", description = "What to call it (default: the folder's name).")
  @Nullable String name;

  @Option(names = "--activate", description = "Let it answer from now on.")
  boolean activate;

  @Override
  public Integer call() {
    if (!Files.isDirectory(folder)) {
      throw new UserError(
          "there is no folder " + folder + "; name a Hugging Face checkpoint folder");
    }
    try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
      String called =
          name == null ? folder.toAbsolutePath().normalize().getFileName().toString() : name;
      String speed = tryOut(bench);
      Path copy = bench.registry().newCandidateFolder();
      copyInto(copy);
      CheckpointManifest manifest =
          bench
              .registry()
              .register(
                  copy,
                  called,
                  null,
                  CheckpointManifest.Kind.IMPORTED,
                  Map.of("from", folder.toAbsolutePath().toString()),
                  DataProvenance.NONE);
      Output.out(spec).println("Imported " + called + " as " + manifest.id() + ". " + speed);
      if (activate) {
        bench.registry().promote(manifest, "imported and activated by hand");
        Output.out(spec).println("It answers from now on.");
      } else {
        Output.out(spec).println("'mneme models promote " + manifest.id() + "' lets it answer.");
      }
      return ExitCodes.OK;
    }
  }

  /**
   * Loads it and lets it answer, so that what cannot work is found before anything is copied. The
   * second reply is timed: the first mostly waits for the compiler.
   */
  private String tryOut(Workbench bench) {
    try (ChatModel model = bench.models().open(folder.toString())) {
      ChatReply reply = introduced(model);
      var latency = introduced(model).latency();
      double written = latency.totalMillis() - latency.firstTokenMillis();
      return String.format(
          Locale.ROOT,
          "It said: \"%s\" (%.0f tokens/s; 'mneme bench model' measures more).",
          reply.message().content().strip().replaceAll("\\s+", " "),
          (latency.replyTokens() - 1) * 1000 / Math.max(1, written));
    }
  }

  private static ChatReply introduced(ChatModel model) {
    return model.generate(
        new ChatRequest(
            List.of(Message.user("Hello! Please introduce yourself.")),
            List.of(),
            Sampling.greedy(48)),
        text -> {},
        new Cancellation());
  }

  private void copyInto(Path target) {
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        Files.copy(file, target.resolve(file.getFileName()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot copy " + folder + " to " + target, e);
    }
  }
}
