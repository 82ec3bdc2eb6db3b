/**
 * The long-term memory: {@link dev.mneme.ltm.MemoryStore} over H2 (the ledger) and Lucene (the
 * index).
 *
 * <p>Every mutation is one {@code Change} with a number from a single, gapless sequence. One writer
 * thread decides a batch of them, applies them to H2 in one transaction, appends them to the
 * journal, forces the journal to disk and only then commits and acknowledges. The journal is the
 * promise of durability, H2 is the truth that is read, and Lucene is a function of H2 that can be
 * thrown away: an indexer follows the sequence and stamps the last number it applied into Lucene's
 * commit. Opening the store replays whatever a crash kept from the journal into H2 and from H2 into
 * Lucene.
 *
 * <p>Every call names whose memory it means, by a {@link dev.mneme.data.Scope}, an {@link
 * dev.mneme.ltm.Owner} or a {@link dev.mneme.ltm.Selection}; there is no default. In the index each
 * term carries the number of its owner's space, so a search in one space cannot even spell a term
 * of another, and its statistics are its own.
 *
 * <p>A memory is a turn, kept word for word. {@link dev.mneme.ltm.Fact}s are drawn from people's
 * own statements by rules, point at the turn they came from, and are superseded, never destroyed. A
 * {@link dev.mneme.ltm.Recalled} is a turn found for a question, with every part of its score.
 *
 * <p>Threads: a {@code MemoryStore} is thread-safe. Its disk work runs on its own named threads,
 * because interrupting a thread inside a file channel closes the channel under everyone; callers
 * may be interrupted at any time and lose nothing. What a newcomer gets wrong: a fact's text is not
 * a memory to be quoted, its source turn is; and order is by sequence or by {@code Turn.index},
 * never by time.
 */
@NullMarked
package dev.mneme.ltm;

import org.jspecify.annotations.NullMarked;
