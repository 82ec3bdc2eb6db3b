/**
 * The records every module speaks, and their one file format, JSON Lines.
 *
 * <p>Start at {@link dev.mneme.data.Turn}: one message of a conversation in its {@link
 * dev.mneme.data.Scope}, with {@link dev.mneme.data.Provenance} when a model wrote it. {@link
 * dev.mneme.data.Signal}s judge turns, {@link dev.mneme.data.PreferencePair}s come from signals,
 * and {@link dev.mneme.data.EvalItem}s with {@link dev.mneme.data.Score}s say whether training on
 * the pairs helped.
 *
 * <p>What every module may need and none owns stands here, too: {@link dev.mneme.data.Hashes},
 * {@link dev.mneme.data.FileTrees}, {@link dev.mneme.data.Percentile}, {@link
 * dev.mneme.data.ProcessMemory}.
 *
 * <p>All records are immutable and thread-safe. They evolve as wire formats do: new components go
 * at the end and are nullable, unknown fields are ignored when read.
 */
@NullMarked
package dev.mneme.data;

import org.jspecify.annotations.NullMarked;
