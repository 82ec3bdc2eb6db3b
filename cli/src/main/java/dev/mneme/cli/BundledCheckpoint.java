package dev.mneme.cli;

import dev.mneme.data.FileTrees;
import dev.mneme.data.StarterCheckpoint;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.dpo.registry.DataProvenance;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.Map;

/** Puts the starter, which is in the jar, among the checkpoints of a new data directory. */
final class BundledCheckpoint {
  static final String NAME = "starter";

  private BundledCheckpoint() {}

  static void installIfMissing(CheckpointRegistry registry) {
    if (registry.active().isPresent() || !StarterCheckpoint.isPresent()) {
      return;
    }
    Path folder = registry.newCandidateFolder();
    try {
      StarterCheckpoint.copyTo(folder);
    } catch (IOException e) {
      FileTrees.discard(folder); // half of it helps nobody, and a full disk least
      throw new UncheckedIOException(
          "cannot unpack the starter into "
              + folder
              + " ("
              + e.getMessage()
              + "); make room there and run again",
          e);
    }
    CheckpointManifest manifest =
        registry.register(
            folder, NAME, null, CheckpointManifest.Kind.BUNDLED, Map.of(), DataProvenance.NONE);
    registry.promote(manifest, "the bundled starter");
  }
}
