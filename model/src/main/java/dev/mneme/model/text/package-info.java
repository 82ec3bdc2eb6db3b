/**
 * Text on one side, token ids on the other.
 *
 * <p>{@link dev.mneme.model.text.Tokenizer} opens any Hugging Face {@code tokenizer.json}; {@link
 * dev.mneme.model.text.BpeTrainer} makes a new one from texts; {@link
 * dev.mneme.model.text.ChatTemplate} turns messages and tools into the prompt a checkpoint was
 * trained on, by running the checkpoint's own {@code chat_template}; {@link
 * dev.mneme.model.text.Detokenizer} turns generated ids back into text as they come, and {@link
 * dev.mneme.model.text.ToolCalls} finds the calls in it.
 *
 * <p>Trust runs one way. Special tokens carry authority (they say who speaks), so only the template
 * may write them: whatever a user, a tool or a memory says is broken apart by {@link
 * dev.mneme.model.text.Tokenizer#neutralize} before the template sees it. A newcomer's usual
 * mistake is to concatenate a role marker and a text and call {@link
 * dev.mneme.model.text.Tokenizer#encode}: that text may then speak for somebody else.
 *
 * <p>Tokenizers and templates are immutable and thread-safe; a detokenizer belongs to one reply.
 */
@NullMarked
package dev.mneme.model.text;

import org.jspecify.annotations.NullMarked;
