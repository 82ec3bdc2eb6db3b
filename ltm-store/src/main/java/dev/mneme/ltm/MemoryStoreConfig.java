package dev.mneme.ltm;

import static java.util.Objects.requireNonNull;

import java.nio.file.Path;
import java.time.InstantSource;
import org.jspecify.annotations.Nullable;

/**
 * How to open a store.
 *
 * @param home the store's own directory; created when absent
 * @param clock the time written on changes
 * @param embedder gives vectors, and stays the caller's; null works without
 * @param formerEmbedders finds the embedder of before while everything is embedded anew
 * @param passphrase encrypts ledger and journal at rest and keeps the index in memory; null stores
 *     in the clear.
 * @param weights how recall weighs its evidence
 * @param extractor reads facts from people's turns
 */
public record MemoryStoreConfig(
    Path home,
    InstantSource clock,
    @Nullable Embedder embedder,
    FormerEmbedders formerEmbedders,
    @Nullable String passphrase,
    RecallWeights weights,
    FactExtractor extractor) {
  public MemoryStoreConfig {
    requireNonNull(home, "home is null");
    requireNonNull(clock, "clock is null");
    requireNonNull(formerEmbedders, "formerEmbedders is null");
    requireNonNull(weights, "weights is null");
    requireNonNull(extractor, "extractor is null");
    if (passphrase != null && passphrase.isBlank()) {
      throw new IllegalArgumentException("the passphrase is blank; leave it out to store in clear");
    }
  }

  /** A store in the clear, without vectors. */
  public static MemoryStoreConfig at(Path home, InstantSource clock) {
    return new MemoryStoreConfig(
        home,
        clock,
        null,
        FormerEmbedders.none(),
        null,
        RecallWeights.defaults(),
        FactExtractor.rules());
  }

  public MemoryStoreConfig withEmbedder(@Nullable Embedder newEmbedder) {
    return new MemoryStoreConfig(
        home, clock, newEmbedder, formerEmbedders, passphrase, weights, extractor);
  }

  public MemoryStoreConfig withFormerEmbedders(FormerEmbedders newFormerEmbedders) {
    return new MemoryStoreConfig(
        home, clock, embedder, newFormerEmbedders, passphrase, weights, extractor);
  }

  public MemoryStoreConfig withPassphrase(@Nullable String newPassphrase) {
    return new MemoryStoreConfig(
        home, clock, embedder, formerEmbedders, newPassphrase, weights, extractor);
  }

  public MemoryStoreConfig withWeights(RecallWeights newWeights) {
    return new MemoryStoreConfig(
        home, clock, embedder, formerEmbedders, passphrase, newWeights, extractor);
  }

  public MemoryStoreConfig withExtractor(FactExtractor newExtractor) {
    return new MemoryStoreConfig(
        home, clock, embedder, formerEmbedders, passphrase, weights, newExtractor);
  }

  /** Without the passphrase. */
  @Override
  public String toString() {
    return "MemoryStoreConfig[home="
        + home
        + ", embedder="
        + (embedder == null ? "none" : embedder.id())
        + ", encrypted="
        + (passphrase != null)
        + "]";
  }
}
