/**
 * What was learnt about a person's preferences, out of the long-term memory.
 *
 * <p>{@link dev.mneme.cli.preferences.StoredHistory} lets the extractor read the memory, {@link
 * dev.mneme.cli.preferences.LearntPreferences} runs it with this installation's files around it
 * (state between runs, imported pairs, the deny-list), and {@link
 * dev.mneme.cli.preferences.ExtractedPreferences} is the same as the trainer's port. Confined to
 * one thread a run; the memory itself is thread-safe.
 */
@NullMarked
package dev.mneme.cli.preferences;

import org.jspecify.annotations.NullMarked;
