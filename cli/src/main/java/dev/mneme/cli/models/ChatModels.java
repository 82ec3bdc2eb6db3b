package dev.mneme.cli.models;

import dev.mneme.agent.ChatModel;
import dev.mneme.agent.ScriptedChatModel;
import dev.mneme.agent.endpoint.OpenAiChatModel;
import dev.mneme.cli.ExitCodes;
import dev.mneme.cli.UserError;
import dev.mneme.cli.config.MnemeConfig.EndpointConfig;
import dev.mneme.cli.config.MnemeConfig.ModelSettings;
import dev.mneme.data.ModelRef;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.dpo.registry.CheckpointRegistry;
import dev.mneme.model.LanguageModel;
import dev.mneme.model.serve.Precision;
import dev.mneme.model.serve.Prefill;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * From a name to a model that answers.
 *
 * <pre>
 * active                      the checkpoint the registry serves; follows promotions
 * starter, 3f9c0a12b7de       a registered checkpoint by name, id or prefix
 * path/to/folder              a Hugging Face folder
 * scripted:FILE               a script, for demonstrations and tests
 * endpoint                    the OpenAI-compatible endpoint of the configuration
 * http://host/v1#NAME         an OpenAI-compatible endpoint and the model's name there
 * </pre>
 */
public final class ChatModels {
  /** What eight chats and a simulation need; each sequence costs cache only while it runs. */
  private static final int MAX_BATCH = 64;

  private static final int PREFIX_CACHE_TOKENS = 16_384;

  private final ModelSettings settings;
  private final Supplier<CheckpointRegistry> registry;
  private final Map<String, String> environment;
  private final InstantSource clock;

  public ChatModels(
      ModelSettings settings,
      Supplier<CheckpointRegistry> registry,
      Map<String, String> environment,
      InstantSource clock) {
    this.settings = settings;
    this.registry = registry;
    this.environment = environment;
    this.clock = clock;
  }

  /**
   * Opens the model of that name; the caller closes.
   *
   * @throws UserError when there is no such model, saying what there is
   */
  public ChatModel open(String name) {
    if (name.equals("active")) {
      if (settings.endpoint() != null) {
        return endpoint(settings.endpoint());
      }
      return new FollowingChatModel(
          () -> registry.get().activeId().orElseThrow(ChatModels::nothingActive),
          id -> checkpoint(registry.get().require(id)));
    }
    if (name.startsWith("scripted:")) {
      return ScriptedChatModel.read(Path.of(name.substring("scripted:".length())));
    }
    if (name.equals("endpoint")) {
      if (settings.endpoint() == null) {
        throw new UserError(
            "no endpoint is configured; set model.endpoint.baseUrl and model.endpoint.model");
      }
      return endpoint(settings.endpoint());
    }
    if (name.startsWith("http://") || name.startsWith("https://")) {
      int hash = name.indexOf('#');
      if (hash < 0) {
        throw new UserError("name the endpoint's model as URL#MODEL, got " + name);
      }
      String apiKey = environment.containsKey("OPENAI_API_KEY") ? "env:OPENAI_API_KEY" : null;
      return endpoint(
          new EndpointConfig(name.substring(0, hash), name.substring(hash + 1), apiKey, 8192));
    }
    Path folder = Path.of(name);
    if (Files.isDirectory(folder)) {
      return folder(folder);
    }
    Optional<CheckpointManifest> registered = registry.get().find(name);
    if (registered.isPresent()) {
      return checkpoint(registered.get());
    }
    throw new UserError(
        "there is no model "
            + name
            + ": neither a folder nor a registered checkpoint; 'mneme models list' shows those");
  }

  /**
   * One of our models as an embedder; the caller closes.
   *
   * @param name {@code active}, a registered checkpoint or a folder
   */
  public ModelEmbedder embedder(String name) {
    Path folder = Path.of(name);
    if (!Files.isDirectory(folder)) {
      CheckpointRegistry known = registry.get();
      CheckpointManifest manifest =
          name.equals("active")
              ? activeManifest()
              : known
                  .find(name)
                  .orElseThrow(
                      () ->
                          new UserError(
                              "memory.embedder is "
                                  + name
                                  + ", which is neither a folder nor a registered checkpoint;"
                                  + " 'mneme models list' shows those"));
      known.verify(manifest);
      folder = known.folder(manifest);
    }
    return new ModelEmbedder(languageModel(folder));
  }

  /**
   * The embedder that once had this id, when its checkpoint is still registered; null otherwise.
   * The caller closes.
   */
  public @Nullable ModelEmbedder embedderOfBefore(String id) {
    CheckpointRegistry known = registry.get();
    for (CheckpointManifest each : known.list().reversed()) {
      Path folder = known.folder(each);
      if (ModelEmbedder.idOf(LanguageModel.contentHashOf(folder)).equals(id)) {
        known.verify(each);
        return new ModelEmbedder(languageModel(folder));
      }
    }
    return null;
  }

  private CheckpointManifest activeManifest() {
    return registry.get().active().orElseThrow(ChatModels::nothingActive);
  }

  private static UserError nothingActive() {
    return new UserError(
        "no model is active: this build carries no starter checkpoint; import one with"
            + " 'mneme models import DIR'",
        ExitCodes.FAILURE,
        null);
  }

  /** Every byte is checked while the weights are loaded: both take a while, and somebody waits. */
  private ChatModel checkpoint(CheckpointManifest manifest) {
    CheckpointRegistry known = registry.get();
    CompletableFuture<Void> checking =
        CompletableFuture.runAsync(
            () -> known.verify(manifest),
            task -> Thread.ofPlatform().daemon().name("verify-checkpoint").start(task));
    ChatModel opened;
    try {
      opened = local(known.folder(manifest), new ModelRef(manifest.name(), manifest.sha256()));
    } catch (RuntimeException e) {
      passed(checking); // what is damaged says more than why it could not be opened
      throw e;
    }
    try {
      passed(checking);
      return opened;
    } catch (RuntimeException e) {
      opened.close();
      throw e;
    }
  }

  private static void passed(CompletableFuture<Void> checking) {
    try {
      checking.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  private ChatModel folder(Path folder) {
    String name = folder.toAbsolutePath().normalize().getFileName().toString();
    return local(folder, new ModelRef(name, CheckpointRegistry.contentHashOf(folder)));
  }

  private ChatModel local(Path folder, ModelRef ref) {
    return new LocalChatModel(languageModel(folder), ref);
  }

  @SuppressWarnings("MustBeClosedChecker") // whoever it is handed to closes it
  private LanguageModel languageModel(Path folder) {
    int threads =
        settings.threads() > 0 ? settings.threads() : Runtime.getRuntime().availableProcessors();
    return LanguageModel.open(
        folder,
        new LanguageModel.Options(
            Precision.of(settings.precision()),
            Prefill.INVARIANT, // what is seeded must come out the same
            threads,
            MAX_BATCH,
            PREFIX_CACHE_TOKENS,
            clock));
  }

  private ChatModel endpoint(EndpointConfig config) {
    return new OpenAiChatModel(
        dev.mneme.agent.endpoint.EndpointConfig.of(
            URI.create(config.baseUrl()),
            config.model(),
            config.contextTokens(),
            () -> key(config)));
  }

  private Optional<String> key(EndpointConfig config) {
    String apiKey = config.apiKey();
    if (apiKey == null) {
      return Optional.empty();
    }
    String variable = apiKey.substring("env:".length());
    String value = environment.get(variable);
    if (value == null || value.isBlank()) {
      throw new UserError(
          "the endpoint's key is to come from the environment variable "
              + variable
              + ", which is not set");
    }
    return Optional.of(value);
  }
}
