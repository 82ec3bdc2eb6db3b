/**
 * The language model: what a checkpoint folder means, and training it.
 *
 * <p>{@link dev.mneme.model.ModelConfig} is a Hugging Face {@code config.json} as a value. Its
 * parts are sealed ({@link dev.mneme.model.Attention}, {@link dev.mneme.model.RopeScaling}) or
 * plain records ({@link dev.mneme.model.Moe}), so that a new kind is a compile error wherever it
 * must be handled; {@link dev.mneme.model.Family} is the table of model types.
 *
 * <p>{@link dev.mneme.model.TrainableModel} trains one: every loss is a function of the
 * log-probabilities of {@link dev.mneme.model.PackedBatch} segments, so pre-training, fine-tuning
 * and preference losses share {@code forward}, {@code backward} and {@code step}. Answering is the
 * business of {@code serve} (decoding with a cache) and {@code generate} (sampling, batching).
 *
 * <p>Beneath lie, each unaware of those above: {@code train} (loops over data), {@code layer} (the
 * decoder forward and backward), {@code optim} (updates), {@code kernel} (products and fused vector
 * loops), {@code tensor} (who owns native memory); beside them {@code checkpoint} (files) and
 * {@code text} (tokens, templates).
 *
 * <p>Models own native memory and are closed by whoever opened them. Training is for one thread at
 * a time and uses threads of its own.
 */
@NullMarked
package dev.mneme.model;

import org.jspecify.annotations.NullMarked;
