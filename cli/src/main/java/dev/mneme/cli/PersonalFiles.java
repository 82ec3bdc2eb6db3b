package dev.mneme.cli;

import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.cli.preferences.LearntPreferences;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.ltm.Erasable;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.List;

/**
 * The places beside the memory that an erasure must reach: preference files, the checkpoints that
 * learnt from a person, and what the person at this terminal typed or had noted.
 */
final class PersonalFiles {
  private PersonalFiles() {}

  static List<Erasable> of(Workbench bench) {
    MnemeConfig.ScopeConfig scope = bench.config().scope();
    return List.of(
        new LearntPreferences(
                bench.home(), bench.config().preferences().extractor(scope.tenant()), bench.clock())
            .erasable(),
        new Learners(bench.home().models(), bench.clock()),
        new OwnFile("input history", bench.home().history(), scope),
        new OwnFile("knowledge graph", bench.home().graph(), scope));
  }

  /** Checkpoints cannot be unlearnt: they are flagged, with their descendants, and named. */
  private record Learners(Path models, InstantSource clock) implements Erasable {
    private static final String FLAG = "erased-user";

    @Override
    public String name() {
      return "checkpoints";
    }

    @Override
    public Removed erase(String tenant, String user) {
      if (!Files.isDirectory(models)) {
        return Removed.things(0);
      }
      List<CheckpointManifest> flagged =
          open()
              .flagUser(
                  tenant + "/" + user,
                  "learnt from a person who was erased on "
                      + clock.instant()
                      + "; retrain without them, or withdraw it");
      return new Removed(
          0, flagged.stream().map(each -> each.id() + " (" + each.name() + ")").toList());
    }

    @Override
    public long left(String tenant, String user) {
      if (!Files.isDirectory(models)) {
        return 0;
      }
      return open().list().stream()
          .filter(each -> each.data().users().contains(tenant + "/" + user))
          .filter(each -> !each.flags().containsKey(FLAG))
          .count();
    }

    private CheckpointRegistry open() {
      return CheckpointRegistry.open(models, clock);
    }
  }

  /** A file that belongs to the person this installation is configured for, and to nobody else. */
  private record OwnFile(String name, Path file, MnemeConfig.ScopeConfig scope)
      implements Erasable {
    @Override
    public Removed erase(String tenant, String user) {
      try {
        return Removed.things(isTheirs(tenant, user) && Files.deleteIfExists(file) ? 1 : 0);
      } catch (IOException e) {
        throw new UncheckedIOException("cannot delete " + file, e);
      }
    }

    @Override
    public long left(String tenant, String user) {
      return isTheirs(tenant, user) && Files.exists(file) ? 1 : 0;
    }

    private boolean isTheirs(String tenant, String user) {
      return scope.tenant().equals(tenant) && scope.user().equals(user);
    }
  }
}
