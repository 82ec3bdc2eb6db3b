/**
 * IFEval: 25 kinds of instruction on form that code can verify, after Zhou et al., "Instruction
 * Following Evaluation for Large Language Models" (arXiv 2311.07911).
 *
 * <p>{@link dev.mneme.evals.ifeval.IfEvalPrompt} is one line of the published {@code
 * input_data.jsonl}; {@link dev.mneme.evals.ifeval.IfEval} says which of its instructions a reply
 * follows, strictly and loosely; {@link dev.mneme.evals.ifeval.IfEvalTask} runs a model over a file
 * of them. Verdicts are meant to equal the official checker's, item by item, so its quirks are kept
 * on purpose: a keyword is a regular expression, a Python {@code \w} does not match a combining
 * mark, a numbered list's "1." counts as a sentence.
 *
 * <p>Where the official checker loads trained parts (the Punkt sentence splitter, langdetect) there
 * are readable counterparts: {@code PunktSentences} keeps Punkt's procedure with a word list of our
 * own, {@code Languages} reads the same n-gram profiles.
 *
 * <p>Everything here is stateless or immutable, and thread-safe.
 */
@NullMarked
package dev.mneme.evals.ifeval;

import org.jspecify.annotations.NullMarked;
