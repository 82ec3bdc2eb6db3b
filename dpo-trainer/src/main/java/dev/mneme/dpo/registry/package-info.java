/**
 * Checkpoints with their history: which weights exist, where they came from, which one serves.
 *
 * <p>{@link dev.mneme.dpo.registry.CheckpointRegistry} keeps one folder a checkpoint, named by the
 * hash of its content, with a {@link dev.mneme.dpo.registry.CheckpointManifest} beside the weights.
 * Which one serves is one small file that is replaced in one step, so that at every moment, also in
 * the middle of a power failure, exactly one whole checkpoint is active.
 */
@NullMarked
package dev.mneme.dpo.registry;

import org.jspecify.annotations.NullMarked;
