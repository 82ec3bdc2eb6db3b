/**
 * Reads a dialogue: what was asked, what was replied, how the person took it.
 *
 * <p>{@link dev.mneme.preference.dialogue.Dialogue} is plain speech, whoever logged it; nothing
 * here knows our chat's commands. {@link dev.mneme.preference.dialogue.SignalReader} finds implicit
 * signals and explains each; {@link dev.mneme.preference.dialogue.SatisfactionModel} turns the
 * {@link dev.mneme.preference.dialogue.Feature}s of one reply into a calibrated satisfaction. Its
 * weights are a text file with one named feature a line, fitted by {@link
 * dev.mneme.preference.dialogue.SatisfactionTrainer} to dialogues this module makes itself.
 *
 * <p>Everything is immutable and thread-safe, and gives the same answer every time: no clock, no
 * randomness, no network. What a newcomer gets wrong: the reaction that judges a reply is the
 * <em>next</em> turn of the person, so the last reply of a session is judged by less evidence and
 * with less confidence.
 */
@NullMarked
package dev.mneme.preference.dialogue;

import org.jspecify.annotations.NullMarked;
