package dev.mneme.model.train;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.model.ModelConfig;
import dev.mneme.model.TensorSpec;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.CheckpointReader;
import dev.mneme.model.checkpoint.CheckpointWriter;
import dev.mneme.model.checkpoint.DType;
import dev.mneme.model.checkpoint.TensorSource;
import dev.mneme.model.checkpoint.TensorView;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;

/** Makes a folder to ship of a folder to train: bf16 weights, tokenizer, generation settings. */
public final class Export {
  private static final List<String> TOKENIZER_FILES =
      List.of("tokenizer.json", "tokenizer_config.json", "chat_template.jinja");

  private Export() {}

  /**
   * Writes {@code to}, without the optimizer's state.
   *
   * @throws CheckpointException when either folder cannot be read or written
   */
  public static void bf16(Path from, Path to) {
    try (var reader = CheckpointReader.open(from);
        var arena = Arena.ofConfined()) {
      ModelConfig config = ModelConfig.read(from);
      var tensors = new ArrayList<TensorSource>();
      List<TensorSpec> specs = new ArrayList<>(config.tensors());
      if (reader.hasMtp()) {
        specs.addAll(config.mtpTensors());
      }
      for (TensorSpec spec : specs) {
        TensorView view = reader.tensor(spec.name());
        MemorySegment floats = arena.allocate(view.count() * Float.BYTES, 64);
        view.copyTo(floats);
        // The router's correction bias decides ties between experts: it stays exact.
        DType type = spec.name().endsWith("e_score_correction_bias") ? DType.F32 : DType.BF16;
        tensors.add(TensorSource.floats(spec.name(), spec.shape(), floats, type));
      }
      Files.createDirectories(to);
      for (String name : TOKENIZER_FILES) {
        if (Files.exists(from.resolve(name))) {
          Files.copy(from.resolve(name), to.resolve(name), StandardCopyOption.REPLACE_EXISTING);
        }
      }
      var generation = new LinkedHashMap<String, Object>();
      generation.put("bos_token_id", config.bosTokenId());
      generation.put("eos_token_id", config.eosTokenIds());
      generation.put("do_sample", true);
      generation.put("temperature", 0.7);
      generation.put("top_p", 0.95);
      generation.put("min_p", 0.05);
      Files.writeString(
          to.resolve("generation_config.json"),
          Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(generation) + "\n",
          UTF_8);
      CheckpointWriter.write(to, config, tensors);
    } catch (IOException e) {
      throw new CheckpointException(to + ": cannot be written (" + e + ")", e);
    }
  }
}
