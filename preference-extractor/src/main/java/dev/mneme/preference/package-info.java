/**
 * From what happened to what was wanted: history in, weighted training signal out, with the
 * evidence for every number.
 *
 * <p>{@link dev.mneme.preference.PreferenceExtractor} streams a {@link
 * dev.mneme.preference.History} and hands out sealed {@link dev.mneme.preference.Extraction}s:
 * pairs, single rated replies, stated preferences, and what was refused. Four steps, each a class
 * of its own: a session is read (signals, satisfaction, open pairs), requests about the same thing
 * are grouped, pairs are weighted by {@link dev.mneme.preference.Weights}, and the {@link
 * dev.mneme.preference.Censor} drops what must not be learned. {@link
 * dev.mneme.preference.WishReader} is useful on its own: it reads "keep it short" out of a turn
 * before the reply is even written.
 *
 * <p>What remains between runs is {@link dev.mneme.preference.ExtractorState}, by user and session;
 * the history itself stays the truth. Records are immutable and thread-safe; a run is confined to
 * its thread and holds one user at a time.
 *
 * <p>What a newcomer gets wrong: a complaint makes a reply the rejected side, it does not make any
 * other reply better. The chosen side must have been liked itself.
 */
@NullMarked
package dev.mneme.preference;

import org.jspecify.annotations.NullMarked;
