/**
 * From a prompt to a reply: sampling, stopping, streaming, and many replies at once.
 *
 * <p>One thread owns the decoder and serves everybody: it prefills a new request, then decodes one
 * token for every running sequence at a time (continuous batching; Yu et al., "Orca", OSDI 2022).
 * Sequences join and leave between steps. Each request samples with a generator of its own from its
 * own logits, and {@link dev.mneme.model.serve.Decoder#step} computes a sequence independently of
 * its neighbours, so a seed gives the same reply alone and in company.
 *
 * <p>Callers use {@link dev.mneme.model.LanguageModel}; what is here is its machinery and its
 * result, {@link dev.mneme.model.generate.Generation}. A newcomer's usual mistake is to call the
 * consumer of text from the scheduler's thread: a slow terminal would then hold up all replies.
 */
@NullMarked
package dev.mneme.model.generate;

import org.jspecify.annotations.NullMarked;
