/**
 * Who owns the memory of the model.
 *
 * <p>Every parameter, gradient, optimizer state, activation and cache of Mneme lives in an ND4J
 * array. ND4J's own operations cost 10 to 100 microseconds each and run on one fixed layout, so hot
 * code does not call them: it works on the same bytes through {@link
 * dev.mneme.model.tensor.Tensor#segment()} (Vector API kernels) or {@link
 * dev.mneme.model.tensor.Tensor#address()} (oneDNN, BLAS). Cold code, tests and tools use {@link
 * dev.mneme.model.tensor.Tensor#array()} and have all of ND4J.
 *
 * <p>Two owners exist and nothing else may free memory:
 *
 * <ul>
 *   <li>{@link dev.mneme.model.tensor.TensorScope}: allocates tensors and frees them together when
 *       it is closed. A model, an optimizer, a cache hold one each.
 *   <li>{@link dev.mneme.model.tensor.Workspace}: a stack of large slabs for the temporaries of one
 *       step; giving memory back is moving a mark.
 * </ul>
 *
 * <p>{@code INDArray.close()} on a transposed, permuted, sliced or same-type-cast array silently
 * destroys its source (ND4J 1.0.0-M2.1), therefore only this package calls it, and only on arrays
 * it allocated itself.
 */
@NullMarked
package dev.mneme.model.tensor;

import org.jspecify.annotations.NullMarked;
