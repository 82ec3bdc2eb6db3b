/**
 * Which model answers: our checkpoints, an OpenAI-compatible endpoint, a script, all behind the
 * agent's {@code ChatModel} port.
 *
 * <p>{@link dev.mneme.cli.models.ChatModels} turns a name into a model; {@link
 * dev.mneme.cli.models.FollowingChatModel} is the one that chat uses, which moves to a newly
 * promoted checkpoint between two replies.
 */
@NullMarked
package dev.mneme.cli.models;

import org.jspecify.annotations.NullMarked;
