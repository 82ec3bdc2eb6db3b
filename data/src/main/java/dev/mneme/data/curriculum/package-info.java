/**
 * The curriculum: an endless, seeded stream of conversations that teaches the starter model and
 * measures it.
 *
 * <p>{@link dev.mneme.data.curriculum.Curriculum} mixes skills by the weights in {@code
 * mixture.txt}. What is said comes from plain text files beside it, one template a line; how an
 * example is put together (which facts, which distractors, which sum) is a small class per family
 * of skills. A tenth of all templates and lexicon entries, chosen by a hash of their text, is held
 * out: {@code heldOut} examples use only those, training examples never do.
 */
@NullMarked
package dev.mneme.data.curriculum;

import org.jspecify.annotations.NullMarked;
