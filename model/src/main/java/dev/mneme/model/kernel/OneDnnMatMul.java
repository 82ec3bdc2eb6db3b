package dev.mneme.model.kernel;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import dev.mneme.model.tensor.DType;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.bytedeco.dnnl.global.dnnl;
import org.bytedeco.javacpp.Loader;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * oneDNN's GEMM functions, which choose AMX, AVX-512 (with or without BF16) or AVX2 at run time.
 *
 * <p>They take any sizes, strides and accumulation in one call. oneDNN's cached matmul primitives
 * are within 3 % of them on whole blocks and slower on odd row counts, which a mixture of experts
 * has all the time, and cost 0.6 ms to build for every new shape (docs/adr/0010).
 *
 * <p>JavaCPP unpacks and loads the library; the calls go through {@code java.lang.foreign}, whose
 * overhead is some ten nanoseconds. Each thread asks its OpenMP runtime for one thread before its
 * first product, see {@link Workers} for why.
 */
final class OneDnnMatMul implements MatMul {
  private static final Logger log = LoggerFactory.getLogger(OneDnnMatMul.class);

  private static final FunctionDescriptor GEMM =
      FunctionDescriptor.of(
          JAVA_INT,
          JAVA_BYTE,
          JAVA_BYTE,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_FLOAT,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_LONG,
          JAVA_FLOAT,
          JAVA_LONG,
          JAVA_LONG);

  private final MethodHandle sgemm;
  private final @Nullable MethodHandle bf16Gemm;
  private final @Nullable MethodHandle setThreads;
  private final ThreadLocal<Boolean> single = ThreadLocal.withInitial(this::limitThreads);

  private OneDnnMatMul(
      MethodHandle sgemm, @Nullable MethodHandle bf16Gemm, @Nullable MethodHandle setThreads) {
    this.sgemm = sgemm;
    this.bf16Gemm = bf16Gemm;
    this.setThreads = setThreads;
  }

  /** Null where the natives do not load on this machine. */
  // Restricted: the descriptors below are those of dnnl.h and omp.h.
  @SuppressWarnings("restricted")
  static @Nullable OneDnnMatMul load() {
    try {
      String file = Loader.load(dnnl.class);
      Path loaded = Path.of(file);
      SymbolLookup symbols =
          library(loaded, List.of("libdnnl.so.2", "libdnnl.2.dylib", "dnnl.dll"));
      Linker linker = Linker.nativeLinker();
      MethodHandle sgemm = linker.downcallHandle(symbols.find("dnnl_sgemm").orElseThrow(), GEMM);
      MethodHandle bf16 =
          symbols
              .find("dnnl_gemm_bf16bf16f32")
              .map(symbol -> linker.downcallHandle(symbol, GEMM))
              .filter(OneDnnMatMul::works)
              .orElse(null);
      MethodHandle threads =
          openMp(loaded)
              .map(symbol -> linker.downcallHandle(symbol, FunctionDescriptor.ofVoid(JAVA_INT)))
              .orElse(null);
      return new OneDnnMatMul(sgemm, bf16, threads);
    } catch (LinkageError | RuntimeException e) {
      log.info("oneDNN does not load here ({}); matrix products use ND4J's BLAS", e.toString());
      return null;
    }
  }

  /** Below AVX-512 the BF16 function is there and refuses: one product of 1 x 1 tells. */
  private static boolean works(MethodHandle gemm) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment one = arena.allocate(64, 64);
      MemorySegment result = arena.allocate(64, 64);
      one.set(JAVA_SHORT, 0, Bf16.fromFloat(1));
      long at = one.address();
      byte n = 'N';
      int status =
          (int) gemm.invokeExact(n, n, 1L, 1L, 1L, 1f, at, 1L, at, 1L, 0f, result.address(), 1L);
      return status == 0 && result.get(JAVA_FLOAT, 0) == 1;
    } catch (Throwable t) {
      throw new IllegalStateException("oneDNN's BF16 gemm could not be called", t);
    }
  }

  // Restricted: only libraries that JavaCPP has loaded are looked up.
  @SuppressWarnings("restricted")
  private static SymbolLookup library(Path loaded, List<String> names) {
    for (String name : names) {
      // By bare name the loader finds what JavaCPP has just loaded; by path where it has no soname.
      for (String candidate : List.of(name, loaded.resolveSibling(name).toString())) {
        try {
          return SymbolLookup.libraryLookup(candidate, Arena.global());
        } catch (IllegalArgumentException e) {
          log.trace("no library {}", candidate);
        }
      }
    }
    throw new IllegalStateException("none of " + names + " is loaded");
  }

  private static Optional<MemorySegment> openMp(Path loaded) {
    try {
      return library(
              loaded, List.of("libgomp.so.1", "libiomp5.dylib", "libiomp5md.dll", "vcomp140.dll"))
          .find("omp_set_num_threads");
    } catch (IllegalStateException e) {
      log.info("no OpenMP runtime found: oneDNN's own threads stay on");
      return Optional.empty();
    }
  }

  private boolean limitThreads() {
    if (setThreads == null) {
      return false;
    }
    try {
      setThreads.invokeExact(1);
      return true;
    } catch (Throwable t) {
      throw new IllegalStateException("omp_set_num_threads failed", t);
    }
  }

  @Override
  public void multiply(Mat a, Op opA, Mat b, Op opB, Mat c, boolean add) {
    int k = MatMul.check(a, opA, b, opB, c);
    if (c.rows() == 0 || c.cols() == 0) {
      return;
    }
    if (k == 0) {
      throw new IllegalArgumentException("inner dimension of " + a + " times " + b + " is 0");
    }
    MethodHandle gemm =
        switch (a.type()) {
          case F32 -> sgemm;
          case BF16 -> bf16Gemm;
          case I8, I32 -> null;
        };
    if (gemm == null) {
      throw new IllegalArgumentException(
          name() + " cannot multiply " + a.type() + " here; ask supports() first");
    }
    if (!single.get()) {
      log.trace("the OpenMP runtime keeps its own number of threads");
    }
    int status;
    try {
      status =
          (int)
              gemm.invokeExact(
                  opA == Op.N ? (byte) 'N' : (byte) 'T',
                  opB == Op.N ? (byte) 'N' : (byte) 'T',
                  (long) c.rows(),
                  (long) c.cols(),
                  (long) k,
                  1f,
                  a.address(),
                  (long) a.stride(),
                  b.address(),
                  (long) b.stride(),
                  add ? 1f : 0f,
                  c.address(),
                  (long) c.stride());
    } catch (Throwable t) {
      throw new IllegalStateException("oneDNN's gemm could not be called", t);
    }
    if (status != 0) {
      throw new IllegalStateException(
          "oneDNN's gemm failed with status " + status + " for " + a + " times " + b);
    }
  }

  @Override
  public boolean supports(DType input) {
    return input == DType.F32 || (input == DType.BF16 && bf16Gemm != null);
  }

  @Override
  public boolean hasNativeBf16() {
    int wanted = dnnl.dnnl_cpu_isa_avx512_core_bf16;
    return bf16Gemm != null && (dnnl.dnnl_get_effective_cpu_isa() & wanted) == wanted;
  }

  @Override
  public String name() {
    var version = dnnl.dnnl_version();
    return "oneDNN " + version.major() + "." + version.minor() + "." + version.patch();
  }

  @Override
  public String isa() {
    int isa = dnnl.dnnl_get_effective_cpu_isa();
    if (isa == dnnl.dnnl_cpu_isa_avx512_core_amx) {
      return "AVX-512 with AMX";
    }
    if (isa == dnnl.dnnl_cpu_isa_avx512_core_bf16) {
      return "AVX-512 with BF16";
    }
    if (isa == dnnl.dnnl_cpu_isa_avx512_core_vnni) {
      return "AVX-512 with VNNI";
    }
    if (isa == dnnl.dnnl_cpu_isa_avx512_core) {
      return "AVX-512";
    }
    if (isa == dnnl.dnnl_cpu_isa_avx2_vnni) {
      return "AVX2 with VNNI";
    }
    return isa == dnnl.dnnl_cpu_isa_avx2 ? "AVX2" : "oneDNN ISA 0x" + Integer.toHexString(isa);
  }
}
