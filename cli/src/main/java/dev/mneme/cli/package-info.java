/**
 * The command line and the composition root: the only place that knows every module.
 *
 * <p>{@link dev.mneme.cli.Main} parses, {@link dev.mneme.cli.MnemeCommand} lists the commands, one
 * class a command. Adapters between modules (a {@code ChatModel} over our language model, a
 * preference source over the memory) live here because here alone both sides are visible. Only this
 * module reads the environment, prints, decides exit codes and turns exceptions into sentences.
 *
 * <p>What a newcomer gets wrong: results go to stdout through the command's own writer, everything
 * else to stderr, so that a pipe sees results only.
 */
@NullMarked
package dev.mneme.cli;

import org.jspecify.annotations.NullMarked;
