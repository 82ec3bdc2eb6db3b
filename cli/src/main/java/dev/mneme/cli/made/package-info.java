/**
 * Preferences made by a program, with replies that a program can judge: what one training from a
 * few hundred pairs does, measured without people and without a judge.
 *
 * <p>A {@link dev.mneme.cli.made.MadePreference} gives pairs to train on and, from wording and
 * things that are never in them, prompts to ask afterwards. {@link dev.mneme.cli.made.MadeTraining}
 * trains and asks. What a newcomer gets wrong: the pairs show a manner, they do not ask for it; the
 * prompt of a pair says nothing of how to reply.
 */
@NullMarked
package dev.mneme.cli.made;

import org.jspecify.annotations.NullMarked;
