/**
 * The arithmetic of the model, on memory that {@link dev.mneme.model.tensor} owns.
 *
 * <p>Two kinds of work exist. Matrix products go to {@link dev.mneme.model.kernel.MatMul}: oneDNN
 * with BF16 or F32 inputs and F32 accumulation, or the BLAS that ND4J ships where oneDNN's natives
 * do not load. Everything between two products (norms, gates, rotations, softmax, losses, optimizer
 * updates, rounding to BF16) is one pass of a fused Vector API kernel.
 *
 * <p>Parallelism is ours, not the libraries': {@link dev.mneme.model.kernel.Workers} splits rows,
 * heads or experts, and every product runs single-threaded on the worker that needs it. Measured on
 * two cores, a library's own thread team lost up to a hundredfold on products of a few hundred rows
 * whenever anything else ran on the machine (its barriers spin), and gained nothing when alone.
 *
 * <p>Kernels write sums per row or per fixed range of rows, never per thread, so that a result
 * depends on neither scheduling nor compilation.
 */
@NullMarked
package dev.mneme.model.kernel;

import org.jspecify.annotations.NullMarked;
