/**
 * Preferences as files others can open, and theirs as ours.
 *
 * <p>{@link dev.mneme.preference.formats.PreferenceFormat} names the formats; all are JSON Lines.
 * Writing streams; reading streams and says file and line of what it cannot read. An import is
 * evidence like any other: it has to pass the {@link dev.mneme.preference.Censor}.
 */
@NullMarked
package dev.mneme.preference.formats;

import org.jspecify.annotations.NullMarked;
