/**
 * Checkpoints on disk: a Hugging Face folder with {@code config.json} and one {@code
 * model.safetensors} or several with an index.
 *
 * <p>{@link dev.mneme.model.checkpoint.CheckpointReader} maps the files into memory and hands out
 * tensors by name; nothing is copied until a tensor is asked for, so a model larger than the heap
 * opens in milliseconds. Opening checks everything that can be known without reading the weights:
 * headers, offsets, names and shapes against the configuration. {@link
 * dev.mneme.model.checkpoint.CheckpointWriter} streams tensors out, each file written beside its
 * place, forced to disk and renamed, so that a crash leaves the old checkpoint or the new one.
 *
 * <p>What is saved is read back bit for bit when the type is kept. What a newcomer gets wrong: a
 * {@link dev.mneme.model.checkpoint.TensorView} looks into a mapped file and dies with its reader;
 * copy before closing.
 *
 * <p>Readers may be shared between threads; writers are used by one thread. Everything that fails
 * for a reason outside the program is a {@link dev.mneme.model.checkpoint.CheckpointException}.
 */
@NullMarked
package dev.mneme.model.checkpoint;

import org.jspecify.annotations.NullMarked;
