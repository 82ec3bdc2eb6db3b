/**
 * From gradients to new weights.
 *
 * <p>One {@link dev.mneme.model.optim.Optimizer} owns the moments of one model's parameters and
 * applies Muon and AdamW by the role of each parameter. Matrices and runs of elements are
 * independent tasks on the compute threads; every task also leaves the rounded copy of its weights
 * and a zero gradient behind, so a step reads and writes each buffer once.
 *
 * <p>What a newcomer gets wrong: a router's correction bias is a parameter in the file but not for
 * the optimizer; it moves by load ({@link dev.mneme.model.layer.Decoder#balance}).
 */
@NullMarked
package dev.mneme.model.optim;

import org.jspecify.annotations.NullMarked;
