package dev.mneme.cli.evolve;

import dev.mneme.cli.Workbench;
import dev.mneme.cli.preferences.ExtractedPreferences;
import dev.mneme.cli.preferences.LearntPreferences;
import dev.mneme.data.Message;
import dev.mneme.data.PairWeight;
import dev.mneme.data.PreferencePair;
import dev.mneme.data.RatedReply;
import dev.mneme.data.curriculum.Curriculum;
import dev.mneme.dpo.cycle.EvolutionCycle;
import dev.mneme.dpo.cycle.PreferenceSource;
import dev.mneme.dpo.cycle.TrainingSet;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.RegistryException;
import dev.mneme.dpo.train.DpoConfig;
import dev.mneme.dpo.train.ModelCandidateTrainer;
import dev.mneme.model.TrainingOptions;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Which evidence moved a reply, asked of a checkpoint of the registry. One thread.
 *
 * <p>The manifest keeps ids and weights, never words: these are looked up in the memory again, so
 * what was erased since cannot be shown and is counted as missing.
 */
public final class Blame {
  private final Workbench bench;

  public Blame(Workbench bench) {
    this.bench = bench;
  }

  /**
   * What a checkpoint learned from, as far as it can still be read.
   *
   * @param set pairs and replies with the weights they had
   * @param missing ids of pairs and replies that are no longer in memory
   */
  public record Evidence(TrainingSet set, List<String> missing) {
    public Evidence {
      missing = List.copyOf(missing);
    }
  }

  /**
   * Looks up what a checkpoint learned from: first among what is given, then in the memory.
   *
   * @param pairs pairs from a file; may be empty
   */
  public Evidence evidence(CheckpointManifest manifest, List<PreferencePair> pairs) {
    if (manifest.parent() == null || manifest.data().pairWeights().isEmpty()) {
      throw new RegistryException(
          "checkpoint "
              + manifest.id()
              + " ("
              + manifest.name()
              + ") was not trained here from pairs, so no evidence can be named");
    }
    Map<String, PreferencePair> pairById = new HashMap<>();
    Map<String, RatedReply> replyById = new HashMap<>();
    var learnt =
        new LearntPreferences(
            bench.home(),
            bench.config().preferences().extractor(bench.config().scope().tenant()),
            bench.clock());
    PreferenceSource.Snapshot snapshot =
        bench.lendMemory(memory -> new ExtractedPreferences(memory, learnt).snapshot());
    snapshot.pairs().forEach(pair -> pairById.put(pair.id(), pair));
    snapshot.ratedReplies().forEach(reply -> replyById.put(reply.id(), reply));
    pairs.forEach(pair -> pairById.put(pair.id(), pair));
    List<PreferencePair> found = new ArrayList<>();
    List<RatedReply> replies = new ArrayList<>();
    List<String> missing = new ArrayList<>();
    manifest
        .data()
        .pairWeights()
        .forEach(
            (id, total) -> {
              PreferencePair pair = pairById.get(id);
              if (pair == null) {
                missing.add(id);
              } else {
                found.add(withTotal(pair, total));
              }
            });
    manifest
        .data()
        .replies()
        .forEach(
            (id, rated) -> {
              RatedReply reply = replyById.get(id);
              if (reply == null) {
                missing.add(id);
              } else {
                replies.add(
                    new RatedReply(
                        id,
                        reply.scope(),
                        reply.prompt(),
                        reply.reply(),
                        rated.satisfaction(),
                        reply.confidence(),
                        rated.weight(),
                        reply.at(),
                        reply.evidence()));
              }
            });
    if (found.isEmpty()) {
      throw new RegistryException(
          "none of the "
              + manifest.data().pairWeights().size()
              + " pairs that checkpoint "
              + manifest.id()
              + " learned from is in memory any more; name a file that has them with --pairs");
    }
    return new Evidence(
        new TrainingSet(manifest.data().memorySequence(), found, List.of(), replies, Map.of()),
        missing);
  }

  private static PreferencePair withTotal(PreferencePair pair, double total) {
    PairWeight w = pair.weight();
    return pair.withWeight(
        new PairWeight(w.frequency(), w.recency(), w.intensity(), w.confidence(), total));
  }

  /** Trains the checkpoint's parent once more on the evidence and watches a reply. */
  public ModelCandidateTrainer.Traced trace(
      CheckpointManifest manifest, Evidence evidence, List<Message> prompt, String reply) {
    CheckpointRegistry registry = bench.registry();
    CheckpointManifest parent = registry.require(String.valueOf(manifest.parent()));
    registry.verify(parent);
    DpoConfig config = config(manifest);
    var trainer =
        new ModelCandidateTrainer(
            config,
            TrainingOptions.defaults(),
            new Replay(Curriculum.load(), bench.models(), config.seed()),
            Evolution.referenceCache(bench),
            bench.clock(),
            System::nanoTime);
    return trainer.trace(
        registry.folder(parent),
        registry.folder(heldTo(manifest, parent)),
        evidence.set(),
        registry.folder(manifest),
        step(manifest),
        prompt,
        List.of(Message.assistant(reply)));
  }

  /** What it was held to: its parent where nothing is recorded. */
  private CheckpointManifest heldTo(CheckpointManifest manifest, CheckpointManifest parent) {
    if (manifest.config().get(EvolutionCycle.HELD_TO) instanceof String id
        && !id.equals(parent.id())) {
      CheckpointManifest heldTo = bench.registry().require(id);
      bench.registry().verify(heldTo);
      return heldTo;
    }
    return parent;
  }

  /** How much of the way from its parent it went: all of it where nothing is recorded. */
  private static double step(CheckpointManifest manifest) {
    return manifest.config().get(EvolutionCycle.STEP) instanceof Number share
        ? share.doubleValue()
        : 1;
  }

  private static DpoConfig config(CheckpointManifest manifest) {
    Map<String, Object> record = new LinkedHashMap<>(manifest.config());
    record.remove(EvolutionCycle.STEP);
    record.remove(EvolutionCycle.HELD_TO);
    return DpoConfig.recorded(record);
  }
}
