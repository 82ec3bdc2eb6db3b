package dev.mneme.model.lora;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.checkpoint.SafetensorsFile;
import dev.mneme.model.checkpoint.SafetensorsWriter;
import dev.mneme.model.checkpoint.TensorSource;
import dev.mneme.model.checkpoint.TensorView;
import dev.mneme.model.kernel.Compute;
import dev.mneme.model.kernel.Elementwise;
import dev.mneme.model.kernel.Mat;
import dev.mneme.model.kernel.MatMul;
import dev.mneme.model.layer.Parameter;
import dev.mneme.model.layer.Parameters;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.node.ObjectNode;

/**
 * LoRA (Hu et al., arXiv 2106.09685, eq. 3): {@code W = W0 + s B A} with {@code s = alpha / r}, A
 * of [r, in] and B of [out, r], of the matrices a {@link LoraConfig} names.
 *
 * <p>The model's own buffers hold W. {@link #pullBack} turns their gradient into that of A and B
 * ({@code dA = s B^T dW}, {@code dB = s dW A^T}) and {@link #apply} writes W anew after A and B
 * moved. At first A is uniform in {@code +-1/sqrt(in)} and B zero (PEFT's choice), so W is W0.
 *
 * <p>Shapes: O rows of W, I columns of W, R rank. One thread at a time. Owns native memory; closed
 * by the model it belongs to.
 */
public final class LoraAdapter implements AutoCloseable {
  /** PEFT's file of weights. */
  public static final String WEIGHTS = "adapter_model.safetensors";

  /** PEFT's file of settings. */
  public static final String CONFIG = "adapter_config.json";

  private static final String PREFIX = "base_model.model.";

  /** One matrix of the model, its two factors, and where its first values are kept. */
  private record Target(Parameter weight, Parameter a, Parameter b, long base) {}

  private final LoraConfig config;
  private final Parameters model;
  private final Parameters factors = new Parameters(DType.F32);
  private final Compute compute;
  private final TensorScope scope = new TensorScope();
  private final List<Target> targets = new ArrayList<>();
  private final Tensor base;
  private final Tensor scratch;
  private final int largest;
  private boolean merged = true;

  /**
   * Declares the factors; {@link #start} must follow once the model has its weights.
   *
   * @throws IllegalArgumentException when no matrix of the model is named
   */
  public LoraAdapter(LoraConfig config, Parameters model, Compute compute) {
    this.config = config;
    this.model = model;
    this.compute = compute;
    long kept = 0;
    int size = 0;
    for (Parameter p : model.list()) {
      if (p.isBlockMatrix() && config.targets(module(p))) {
        String path = PREFIX + p.name().substring(0, p.name().length() - ".weight".length());
        factors.matrix(p.role(), path + ".lora_A.weight", config.rank(), p.cols());
        factors.matrix(p.role(), path + ".lora_B.weight", p.rows(), config.rank());
        List<Parameter> declared = factors.list();
        targets.add(new Target(p, declared.get(declared.size() - 2), declared.getLast(), kept));
        kept += p.size();
        size = Math.max(size, p.size());
      }
    }
    if (targets.isEmpty()) {
      throw new IllegalArgumentException(
          "no matrix of this model is among the LoRA targets "
              + config.targets()
              + "; expected some of "
              + new TreeSet<>(
                  model.list().stream()
                      .filter(Parameter::isBlockMatrix)
                      .map(LoraAdapter::module)
                      .toList()));
    }
    largest = Math.max(size, config.rank());
    factors.allocate(scope);
    base = scope.zeros(DType.F32, kept);
    scratch = scope.zeros(DType.F32, (long) compute.workers().threads() * largest);
  }

  /** The last name before {@code .weight}: {@code q_proj}. */
  private static String module(Parameter p) {
    String[] names = p.name().split("\\.");
    return names.length < 2 ? p.name() : names[names.length - 2];
  }

  /** Takes the model's weights as W0 and draws A; B is zero. */
  public void start(long seed) {
    for (Target t : targets) {
      base.slice(t.base(), t.weight().size()).copyFrom(flat(model.values(t.weight())));
      var random = new SplittableRandom(Hashes.subSeed(seed, "lora", t.a().name()));
      double bound = 1 / Math.sqrt(t.a().cols());
      float[] a = new float[t.a().size()];
      for (int i = 0; i < a.length; i++) {
        a[i] = (float) (bound * (2 * random.nextDouble() - 1));
      }
      factors.values(t.a()).setAll(a);
      factors.values(t.b()).zero();
    }
    apply();
  }

  private static Tensor flat(Tensor tensor) {
    return tensor.reshape(tensor.size());
  }

  public LoraConfig config() {
    return config;
  }

  /** A and B of every target: what is trained. */
  public Parameters factors() {
    return factors;
  }

  /** Bytes of native memory. */
  public long bytes() {
    return scope.bytes();
  }

  private Mat a_RI(Target t, Tensor of) {
    return new Mat(of, t.a().offset(), t.a().rows(), t.a().cols(), t.a().cols());
  }

  private Mat b_OR(Target t, Tensor of) {
    return new Mat(of, t.b().offset(), t.b().rows(), t.b().cols(), t.b().cols());
  }

  private Mat scratch(int worker, int rows, int cols) {
    return new Mat(scratch, (long) worker * largest, rows, cols, cols);
  }

  /** Adds what the model's accumulated gradients mean for A and B, and zeroes them. */
  public void pullBack() {
    compute
        .workers()
        .run(
            targets.size(),
            (task, worker) -> {
              Target t = targets.get(task);
              Parameter w = t.weight();
              var dW_OI = new Mat(model.gradients(), w.offset(), w.rows(), w.cols(), w.cols());
              Mat dA_RI = scratch(worker, config.rank(), w.cols());
              MatMul products = compute.matMul();
              products.multiply(b_OR(t, factors.values()), MatMul.Op.T, dW_OI, MatMul.Op.N, dA_RI);
              add(dA_RI, factors.gradients(), t.a());
              Mat dB_OR = scratch(worker, w.rows(), config.rank());
              products.multiply(dW_OI, MatMul.Op.N, a_RI(t, factors.values()), MatMul.Op.T, dB_OR);
              add(dB_OR, factors.gradients(), t.b());
            });
    model.gradients().zero();
  }

  private void add(Mat from, Tensor to, Parameter at) {
    Elementwise.axpy(
        (float) config.scale(),
        from.tensor().segment(),
        from.offset(),
        to.segment(),
        at.offset(),
        at.size());
  }

  /** Writes {@code W0 + s B A} into the model: the adapter is merged and in use. */
  public void apply() {
    compute
        .workers()
        .run(
            targets.size(),
            (task, worker) -> {
              Target t = targets.get(task);
              Parameter w = t.weight();
              flat(model.values(w)).copyFrom(base.slice(t.base(), w.size()));
              Mat product_OI = scratch(worker, w.rows(), w.cols());
              compute
                  .matMul()
                  .multiply(
                      b_OR(t, factors.values()),
                      MatMul.Op.N,
                      a_RI(t, factors.values()),
                      MatMul.Op.N,
                      product_OI);
              add(product_OI, model.values(), w);
            });
    model.round(compute.workers());
    merged = true;
  }

  /** Writes W0 into the model again, bit by bit: as if there were no adapter. */
  public void unmerge() {
    for (Target t : targets) {
      flat(model.values(t.weight())).copyFrom(base.slice(t.base(), t.weight().size()));
    }
    model.round(compute.workers());
    merged = false;
  }

  /** Whether the model's matrices hold the adapter's update now. */
  public boolean isMerged() {
    return merged;
  }

  /**
   * Writes A and B as PEFT does, each file whole or not at all.
   *
   * @throws CheckpointException if the disk fails
   */
  public void save(Path folder) {
    List<TensorSource> sources = new ArrayList<>();
    for (Parameter p : factors.list()) {
      sources.add(
          TensorSource.floats(
              p.name(),
              List.of((long) p.rows(), (long) p.cols()),
              factors.values(p).segment(),
              dev.mneme.model.checkpoint.DType.F32));
    }
    SafetensorsWriter.write(folder.resolve(WEIGHTS), sources, Map.of());
    Path target = folder.resolve(CONFIG);
    Path partial = folder.resolve("." + CONFIG + ".partial");
    try {
      Files.writeString(partial, Json.mapper().writeValueAsString(settings()), UTF_8);
      Files.move(
          partial, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      throw new CheckpointException(target + ": cannot be written (" + e + ")", e);
    }
  }

  /**
   * Copies an adapter folder so that merging the copy goes {@code share} of the way: the update is
   * linear in alpha.
   *
   * @throws CheckpointException when it is not one, or when the disk fails
   */
  public static void copyPart(Path from, Path to, double share) {
    double alpha = read(from).alpha() * share;
    try {
      Files.createDirectories(to);
      Files.copy(from.resolve(WEIGHTS), to.resolve(WEIGHTS), StandardCopyOption.REPLACE_EXISTING);
      ObjectNode settings =
          (ObjectNode) Json.mapper().readTree(Files.readString(from.resolve(CONFIG)));
      settings.put("lora_alpha", alpha);
      Files.writeString(to.resolve(CONFIG), Json.mapper().writeValueAsString(settings), UTF_8);
    } catch (IOException e) {
      throw new CheckpointException(from + ": cannot be copied to " + to + " (" + e + ")", e);
    }
  }

  private Map<String, Object> settings() {
    Map<String, Object> settings = new LinkedHashMap<>();
    settings.put("peft_type", "LORA");
    settings.put("task_type", "CAUSAL_LM");
    settings.put("r", config.rank());
    boolean whole = config.alpha() == Math.rint(config.alpha());
    settings.put("lora_alpha", whole ? (Object) (long) config.alpha() : (Object) config.alpha());
    settings.put("lora_dropout", 0.0);
    settings.put("bias", "none");
    settings.put("fan_in_fan_out", false);
    settings.put("use_rslora", false);
    settings.put("use_dora", false);
    settings.put("inference_mode", true);
    settings.put(
        "target_modules", new TreeSet<>(targets.stream().map(t -> module(t.weight())).toList()));
    return settings;
  }

  /** The settings of a folder of {@link #save} or of PEFT. */
  private record Settings(int r, double lora_alpha, List<String> target_modules) {}

  /**
   * Rank, alpha and targets of an adapter folder.
   *
   * @throws CheckpointException when it is not one
   */
  public static LoraConfig read(Path folder) {
    Path file = folder.resolve(CONFIG);
    try {
      Settings s = Json.mapper().readValue(Files.readString(file), Settings.class);
      return new LoraConfig(s.r(), s.lora_alpha(), s.target_modules());
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read (" + e + ")", e);
    } catch (JacksonException | IllegalArgumentException | NullPointerException e) {
      throw new CheckpointException(
          file + ": not the adapter_config.json of a LoRA (" + e.getMessage() + ")", e);
    }
  }

  /**
   * Reads A and B and merges them.
   *
   * @throws CheckpointException when a factor is missing or has another shape; nothing is changed
   *     then
   */
  public void load(Path folder) {
    Path file = folder.resolve(WEIGHTS);
    try (SafetensorsFile saved = SafetensorsFile.open(file)) {
      for (Parameter p : factors.list()) {
        view(saved, file, p);
      }
      for (Parameter p : factors.list()) {
        view(saved, file, p).copyTo(factors.values(p).segment());
      }
    }
    apply();
  }

  private static TensorView view(SafetensorsFile saved, Path file, Parameter p) {
    TensorView view = saved.find(p.name());
    List<Long> expected = List.of((long) p.rows(), (long) p.cols());
    if (view == null || !view.shape().equals(expected)) {
      throw new CheckpointException(
          file
              + ": "
              + p.name()
              + (view == null ? " is missing" : " has shape " + view.shape())
              + ", expected "
              + expected
              + "; is this the adapter of another model?");
    }
    return view;
  }

  @Override
  public void close() {
    scope.close();
  }
}
