/**
 * The part of Jinja that chat templates use, with Python's semantics.
 *
 * <p>{@link dev.mneme.model.text.jinja.JinjaTemplate} parses once and renders many times. It
 * follows the environment in which Hugging Face Transformers runs {@code chat_template}: {@code
 * trim_blocks} and {@code lstrip_blocks} on, loop controls, {@code namespace}, macros, {@code
 * raise_exception}, {@code strftime_now}, {@code {% generation %}} and a {@code tojson} that writes
 * what Python's {@code json.dumps} writes. Values are Java's {@code String}, {@code Long}, {@code
 * Double}, {@code Boolean}, {@code List} and {@code Map}; Python's None is {@link
 * dev.mneme.model.text.jinja.Values#NONE}.
 *
 * <p>A rendered value is never parsed again: braces in a user's message stay text. There is no
 * access to Java objects, files or classes: a template can do only what is written here.
 *
 * <p>Templates are immutable and thread-safe.
 */
@NullMarked
package dev.mneme.model.text.jinja;

import org.jspecify.annotations.NullMarked;
