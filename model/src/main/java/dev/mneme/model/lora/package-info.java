/**
 * Low-rank adaptation without a second set of layers.
 *
 * <p>{@link dev.mneme.model.lora.LoraAdapter} is a reparametrisation: the model's matrices always
 * hold {@code W0 + (alpha / r) B A}, so forward and backward passes know nothing of it, and the
 * gradients of A and B follow from the gradient of the whole matrix by the chain rule. What is
 * saved is what PEFT saves ({@code adapter_model.safetensors}, {@code adapter_config.json}).
 *
 * <p>What a newcomer gets wrong: this saves optimizer state and disk, not the time of a backward
 * pass, which still makes the gradient of every matrix.
 */
@NullMarked
package dev.mneme.model.lora;

import org.jspecify.annotations.NullMarked;
