package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.JsonLines;
import dev.mneme.data.Message;
import dev.mneme.data.TrainingExample;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.model.text.BpeTrainer;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
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
    name = "tokenizer",
    description = "Learn a byte-level BPE vocabulary from the curriculum or from JSON Lines.")
final class TrainTokenizerCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Parameters(paramLabel = "DIR", description = "Where to write tokenizer.json.")
  Path out = Path.of("");

  @Option(names = "--size", defaultValue = "4096", description = "Entries (${DEFAULT-VALUE}).")
  int size;

  @Option(
      names = "--data",
      paramLabel = "FILE",
      description = "JSON Lines of training examples; without it, the curriculum.")
  @Nullable Path data;

  @Option(
      names = "--examples",
      defaultValue = "60000",
      description = "Examples of the curriculum to count (${DEFAULT-VALUE}).")
  int examples;

  @Option(names = "--seed", defaultValue = "1", description = "Seed of the curriculum.")
  long seed;

  @Option(
      names = "--context",
      defaultValue = "1024",
      description = "model_max_length to write (${DEFAULT-VALUE}).")
  int context;

  @Option(names = "--json", description = "Print the result as JSON.")
  boolean json;

  @Override
  public Integer call() {
    var trainer = new BpeTrainer();
    long characters = 0;
    try (Stream<TrainingExample> stream =
        data == null
            ? Curriculum.load().examples(seed, false).limit(examples)
            : JsonLines.read(data, TrainingExample.class)) {
      for (TrainingExample each : (Iterable<TrainingExample>) stream::iterator) {
        for (Message message : each.messages()) {
          trainer.add(message.content());
          characters += message.content().length();
        }
      }
    }
    BpeTrainer.write(out, trainer.train(size), chatTemplate(), context);
    var result =
        Map.of("folder", out.toString(), "words", trainer.words(), "characters", characters);
    if (json) {
      Output.json(spec, result);
    } else {
      Output.out(spec)
          .println(
              "Wrote "
                  + out
                  + " from "
                  + trainer.words()
                  + " words in "
                  + characters
                  + " characters.");
    }
    return ExitCodes.OK;
  }

  /** The template our checkpoints are trained with. */
  static String chatTemplate() {
    try (InputStream in = Message.class.getResourceAsStream("starter/chat_template.jinja")) {
      if (in == null) {
        throw new IllegalStateException("starter/chat_template.jinja is not in the data module");
      }
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the bundled chat template", e);
    }
  }
}
