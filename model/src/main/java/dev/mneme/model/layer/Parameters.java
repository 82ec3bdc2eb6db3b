package dev.mneme.model.layer;

import dev.mneme.model.kernel.Bf16;
import dev.mneme.model.kernel.Workers;
import dev.mneme.model.layer.Parameter.Role;
import dev.mneme.model.tensor.DType;
import dev.mneme.model.tensor.Tensor;
import dev.mneme.model.tensor.TensorScope;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * All parameters of a model in flat buffers: F32 values, their copy in the type of products, F32
 * gradients. Declared first (layers ask for their weights in their constructors), then allocated
 * once.
 *
 * <p>Owned by the scope it is allocated in. One thread at a time.
 */
public final class Parameters {
  /** Every weight starts on a cache line in both types. */
  private static final int ALIGN = 32;

  private static final int CHUNK = 1 << 16;

  private final List<Parameter> list = new ArrayList<>();
  private final DType products;
  private long size;
  private @Nullable Tensor values;
  private @Nullable Tensor rounded;
  private @Nullable Tensor gradients;

  /**
   * @param products type of the inputs of products
   */
  public Parameters(DType products) {
    this.products = products;
  }

  /** Declares one matrix. */
  public Weight matrix(Role role, String name, int rows, int cols) {
    align();
    return new Weight(this, add(role, name, false, rows, cols), rows, cols);
  }

  /** Declares one vector. */
  public Weight vector(Role role, String name, int size) {
    align();
    return new Weight(this, add(role, name, true, 1, size), 1, size);
  }

  /** Starts a stack of matrices of one width, see {@link Stack}. */
  public Stack stack(int cols) {
    align();
    return new Stack(size, cols);
  }

  /** Matrices laid out one below the other, read as one. */
  public final class Stack {
    private final long offset;
    private final int cols;

    private Stack(long offset, int cols) {
      this.offset = offset;
      this.cols = cols;
    }

    /** Appends a matrix. */
    public Stack add(Role role, String name, int rows) {
      Parameters.this.add(role, name, false, rows, cols);
      return this;
    }

    /** Everything appended so far. */
    public Weight weight() {
      return new Weight(Parameters.this, offset, Math.toIntExact((size - offset) / cols), cols);
    }
  }

  private void align() {
    size = (size + ALIGN - 1) / ALIGN * ALIGN;
  }

  private long add(Role role, String name, boolean vector, int rows, int cols) {
    if (values != null) {
      throw new IllegalStateException(name + " is declared after the parameters were allocated");
    }
    long offset = size;
    list.add(new Parameter(name, role, vector, offset, rows, cols));
    size += (long) rows * cols;
    return offset;
  }

  /** Allocates zeroed buffers in a scope that owns them; no more declarations after this. */
  public void allocate(TensorScope scope) {
    align();
    values = scope.zeros(DType.F32, size);
    gradients = scope.zeros(DType.F32, size);
    rounded = products == DType.F32 ? values : scope.zeros(products, size);
  }

  private Tensor allocated(@Nullable Tensor tensor) {
    if (tensor == null) {
      throw new IllegalStateException("the parameters are not allocated yet");
    }
    return tensor;
  }

  /** Elements of each flat buffer, alignment gaps included. */
  public long size() {
    return size;
  }

  /** Every parameter in the order of the buffers. */
  public List<Parameter> list() {
    return Collections.unmodifiableList(list);
  }

  /** The parameter of that Hugging Face name. */
  public Parameter named(String name) {
    return list.stream()
        .filter(p -> p.name().equals(name))
        .findFirst()
        .orElseThrow(() -> new IllegalArgumentException("no parameter is named " + name));
  }

  /** All values, F32. */
  public Tensor values() {
    return allocated(values);
  }

  /** All values in the type of products; the same tensor as {@link #values()} where that is F32. */
  public Tensor rounded() {
    return allocated(rounded);
  }

  /** All gradients, F32. */
  public Tensor gradients() {
    return allocated(gradients);
  }

  /** Values of one parameter. */
  public Tensor values(Parameter p) {
    return values().slice(p.offset(), p.rows(), p.cols());
  }

  /** Gradient of one parameter. */
  public Tensor gradient(Parameter p) {
    return gradients().slice(p.offset(), p.rows(), p.cols());
  }

  /** Refreshes the rounded copy after values were changed. */
  public void round(Workers workers) {
    if (products != DType.F32) {
      Tensor from = values();
      Tensor to = rounded();
      int tasks = Math.toIntExact((size + CHUNK - 1) / CHUNK);
      workers.run(
          tasks,
          (task, _) -> {
            long at = (long) task * CHUNK;
            Bf16.convert(from, at, to, at, (int) Math.min(CHUNK, size - at));
          });
    }
  }
}
