package dev.mneme.dpo.train;

import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.dpo.loss.SatisfactionWeightedLikelihood;
import dev.mneme.model.PackedBatch;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Pairs and replies as tokens, split into what is trained on and what is held back.
 *
 * @param train items of the preference phase
 * @param validation pairs held back for early stopping
 * @param imitated replies of the supervised phase
 */
record TrainingData(List<Item> train, List<Item> validation, List<Imitated> imitated) {
  private static final int MIN_PAIRS_FOR_VALIDATION = 40;
  private static final int PARTNERS_TRIED = 8;

  /**
   * A reply of the supervised phase.
   *
   * @param weight satisfaction times its own weight
   */
  record Imitated(String id, PackedBatch.Segment segment, double weight) {}

  /** An item's prompt and one of its replies, for pairing with others. */
  private record Said(List<Message> prompt, List<Message> reply) {}

  static TrainingData of(
      List<PreferencePair> pairs,
      List<RatedReply> replies,
      Objective objective,
      ReplyEncoder encoder,
      DpoConfig config,
      String referenceHash) {
    List<Item> all = new ArrayList<>();
    List<Said> said = new ArrayList<>();
    for (PreferencePair pair : pairs) {
      all.add(
          new Item(
              pair.id(),
              side(encoder, referenceHash, pair.prompt(), pair.chosen()),
              side(encoder, referenceHash, pair.prompt(), pair.rejected()),
              null,
              pair.weight().total()));
      said.add(new Said(pair.prompt(), pair.chosen()));
    }
    if (objective.usesMismatches()) {
      for (RatedReply reply : replies) {
        boolean good = reply.satisfaction() >= config.satisfactionFloor();
        boolean poor = reply.satisfaction() <= 1 - config.satisfactionFloor();
        if (good != poor && reply.weight() > 0) {
          Item.Side side = side(encoder, referenceHash, reply.prompt(), reply.reply());
          all.add(
              new Item(reply.id(), good ? side : null, good ? null : side, null, reply.weight()));
          said.add(new Said(reply.prompt(), reply.reply()));
        }
      }
      for (int i = 0; i < all.size(); i++) {
        Item item = all.get(i);
        Item.Side mismatch = mismatch(said, i, encoder, config.maxTokens(), referenceHash);
        all.set(i, new Item(item.id(), item.chosen(), item.rejected(), mismatch, item.weight()));
      }
    }
    List<Item> train = new ArrayList<>();
    List<Item> validation = new ArrayList<>();
    boolean enough = pairs.size() >= MIN_PAIRS_FOR_VALIDATION;
    for (Item item : all) {
      double u = (Hashes.subSeed(config.seed(), "validation", item.id()) >>> 11) * 0x1.0p-53;
      boolean back = enough && item.isPair() && u < config.validationFraction();
      (back ? validation : train).add(item);
    }
    return new TrainingData(train, validation, imitated(replies, encoder, config));
  }

  /** Replies worth imitating. */
  static List<Imitated> imitated(List<RatedReply> replies, ReplyEncoder encoder, DpoConfig config) {
    var weighting = new SatisfactionWeightedLikelihood(config.satisfactionFloor());
    List<Imitated> imitated = new ArrayList<>();
    for (RatedReply reply : replies) {
      double weight = weighting.weight(reply.satisfaction(), reply.weight());
      if (weight > 0) {
        imitated.add(
            new Imitated(reply.id(), encoder.encode(reply.prompt(), reply.reply()), weight));
      }
    }
    return imitated;
  }

  /** The prompt with the reply of one of the next items that was asked something else. */
  private static Item.@Nullable Side mismatch(
      List<Said> said, int i, ReplyEncoder encoder, int maxTokens, String referenceHash) {
    List<Message> prompt = said.get(i).prompt();
    int tried = 0;
    for (int k = 1; k < said.size() && tried < PARTNERS_TRIED; k++) {
      Said other = said.get((i + k) % said.size());
      if (!other.prompt().getLast().equals(prompt.getLast())) {
        tried++;
        Item.Side side = side(encoder, referenceHash, prompt, other.reply());
        if (side.segment().length() <= maxTokens) {
          return side;
        }
      }
    }
    return null;
  }

  private static Item.Side side(
      ReplyEncoder encoder, String referenceHash, List<Message> prompt, List<Message> reply) {
    return new Item.Side(
        encoder.encode(prompt, reply),
        Hashes.sha256(
            referenceHash,
            Json.mapper().writeValueAsString(prompt),
            Json.mapper().writeValueAsString(reply)));
  }

  /** Everything the reference must be asked about, by content key. */
  Map<String, PackedBatch.Segment> referenceSegments() {
    Map<String, PackedBatch.Segment> segments = new LinkedHashMap<>();
    for (List<Item> part : List.of(train, validation)) {
      for (Item item : part) {
        item.sides().forEach(side -> segments.put(side.key(), side.segment()));
        Item.Side mismatch = item.mismatch();
        if (mismatch != null) {
          segments.put(mismatch.key(), mismatch.segment());
        }
      }
    }
    return segments;
  }

  double totalWeight() {
    return train.stream().mapToDouble(Item::weight).sum()
        + validation.stream().mapToDouble(Item::weight).sum();
  }

  /** Tokens of all passes over what is trained on. */
  long tokensRead(DpoConfig config) {
    return (long) config.epochs() * train.stream().mapToInt(Item::length).sum()
        + (long) config.sftEpochs() * imitated.stream().mapToInt(r -> r.segment().length()).sum();
  }

  /** Of what is trained on and how: a state of a run is for this run only. */
  String fingerprint(DpoConfig config, String referenceHash) {
    List<String> parts = new ArrayList<>();
    parts.add(referenceHash);
    parts.add(Json.mapper().writeValueAsString(config));
    for (List<Item> items : List.of(train, validation)) {
      for (Item item : items) {
        parts.add(item.id());
        parts.add(Double.toString(item.weight()));
      }
    }
    for (Imitated each : imitated) {
      parts.add(each.id());
      parts.add(Double.toString(each.weight()));
    }
    return Hashes.sha256(parts.toArray(String[]::new));
  }
}
