/**
 * The chat people sit in front of, and the same conversation for scripts.
 *
 * <p>{@link dev.mneme.cli.chat.Repl} reads lines and runs {@link dev.mneme.cli.chat.SlashCommands};
 * {@link dev.mneme.cli.chat.Headless} answers one prompt for a pipe. Both only show the events of
 * an {@code AgentSession}; neither knows how replies come about.
 */
@NullMarked
package dev.mneme.cli.chat;

import org.jspecify.annotations.NullMarked;
