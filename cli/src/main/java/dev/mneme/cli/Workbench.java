package dev.mneme.cli;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.agent.AgentMemory;
import dev.mneme.agent.StoreMemory;
import dev.mneme.cli.config.MnemeConfig;
import dev.mneme.cli.evolve.Evolution;
import dev.mneme.cli.models.ChatModels;
import dev.mneme.cli.preferences.StandingWishes;
import dev.mneme.data.Scope;
import dev.mneme.dpo.cycle.CycleRecord;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.ltm.Erasable;
import dev.mneme.ltm.MemoryStore;
import dev.mneme.ltm.MemoryStoreConfig;
import dev.mneme.ltm.MemoryStoreException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What a command works with, opened when first asked for and closed in reverse.
 *
 * <p>One thread; the things it hands out have their own rules.
 */
public final class Workbench implements AutoCloseable {
  /** Most programs hold a memory for a moment, as an 'evolve --watch' does when it looks. */
  private static final Duration PATIENCE = Duration.ofSeconds(5);

  private static final Duration NAP = Duration.ofMillis(50);

  private final Home home;
  private final MnemeConfig config;
  private final InstantSource clock;
  private final Deque<AutoCloseable> opened = new ArrayDeque<>();
  private @Nullable MemoryStoreConfig memoryConfig;
  private @Nullable MemoryStore store;
  private @Nullable CheckpointRegistry registry;
  private @Nullable StandingWishes wishes;

  private Workbench(Home home, MnemeConfig config, InstantSource clock) {
    this.home = home;
    this.config = config;
    this.clock = clock;
  }

  /** Reads the configuration and creates the data directory; opens nothing yet. */
  public static Workbench of(GlobalOptions options) {
    MnemeConfig config = options.config();
    return new Workbench(options.home().create(), config, InstantSource.system());
  }

  /** A workbench on another data directory and another clock: a simulation's own. */
  public static Workbench at(Home home, MnemeConfig config, InstantSource clock) {
    return new Workbench(home.create(), config, clock);
  }

  public Home home() {
    return home;
  }

  public MnemeConfig config() {
    return config;
  }

  public InstantSource clock() {
    return clock;
  }

  /** The scope of one session of the person at the terminal. */
  public Scope scope(String session) {
    return new Scope(
        config.scope().tenant(), config.scope().user(), config.scope().agent(), session);
  }

  /** How the long-term memory is opened; fetches its passphrase when it is first asked. */
  public MemoryStoreConfig memoryConfig() {
    if (memoryConfig == null) {
      String embedder = config.memory().embedder();
      memoryConfig =
          MemoryStoreConfig.at(home.memory(), clock)
              .withPassphrase(Passphrase.read(config.memory().passphrase(), System.getenv()))
              .withEmbedder(embedder == null ? null : closing(models().embedder(embedder)))
              .withFormerEmbedders(id -> models().embedderOfBefore(id));
    }
    return memoryConfig;
  }

  /** The long-term memory; another process that holds it for long is named in the error. */
  @SuppressWarnings("MustBeClosed") // closed with the workbench
  public MemoryStore store() {
    if (store == null) {
      store = closing(open());
    }
    return store;
  }

  @MustBeClosed
  private MemoryStore open() {
    long end = System.nanoTime() + PATIENCE.toNanos();
    while (true) {
      try {
        return openNow();
      } catch (MemoryStoreException.InUse e) {
        if (System.nanoTime() > end) {
          throw e;
        }
        try {
          Thread.sleep(NAP);
        } catch (InterruptedException interrupted) {
          Thread.currentThread().interrupt();
          throw e;
        }
      }
    }
  }

  @MustBeClosed
  private MemoryStore openNow() {
    try {
      return MemoryStore.open(memoryConfig());
    } catch (IllegalArgumentException e) {
      throw new UserError(
          e.getMessage()
              + " (memory.passphrase says where the passphrase is: env:NAME, file:PATH or prompt)",
          ExitCodes.USAGE,
          e);
    }
  }

  /** Everything beside the memory that holds a person's words or learnt from them. */
  public List<Erasable> personal() {
    return PersonalFiles.of(this);
  }

  /**
   * Lends the memory to a function: the one that is open, or one opened just for it, so that other
   * programs can use it afterwards.
   */
  public <T> T lendMemory(Function<MemoryStore, T> use) {
    if (store != null) {
      return use.apply(store);
    }
    try (MemoryStore borrowed = open()) {
      return use.apply(borrowed);
    }
  }

  /** Instructions the person gave for good, as one line each. */
  public List<String> statedPreferences(Scope scope) {
    if (wishes == null) {
      wishes = new StandingWishes(store(), clock);
    }
    return wishes.apply(scope);
  }

  /** Runs one evolution cycle; lines of progress and the outcome go to {@code show}. */
  public void evolve(Consumer<String> show) {
    CycleRecord record = new Evolution(this, show).cycle();
    show.accept(record.outcome() + ": " + record.reason());
  }

  public AgentMemory memory() {
    return new StoreMemory(store());
  }

  /** The checkpoints, the bundled one among them. */
  public synchronized CheckpointRegistry registry() {
    if (registry == null) {
      CheckpointRegistry opened = CheckpointRegistry.open(home.models(), clock);
      // Agents on many threads ask for it: nobody may see it before the starter is in it.
      BundledCheckpoint.installIfMissing(opened);
      registry = opened;
    }
    return registry;
  }

  /** Names to models. */
  public ChatModels models() {
    return new ChatModels(config.model(), this::registry, System.getenv(), clock);
  }

  /** Closes {@code resource} together with the workbench. */
  public <T extends AutoCloseable> T closing(T resource) {
    opened.push(resource);
    return resource;
  }

  @Override
  public void close() {
    RuntimeException first = null;
    while (!opened.isEmpty()) {
      try {
        opened.pop().close();
      } catch (Exception e) {
        if (first == null) {
          first = e instanceof RuntimeException runtime ? runtime : new IllegalStateException(e);
        } else {
          first.addSuppressed(e);
        }
      }
    }
    if (first != null) {
      throw first;
    }
  }
}
