package dev.mneme.cli.config;

import dev.mneme.cli.evolve.GateConfig;
import dev.mneme.dpo.cycle.EvolutionConfig;
import dev.mneme.dpo.train.DpoConfig;
import org.jspecify.annotations.Nullable;

/**
 * Everything that can be configured, as one tree. Each branch validates itself; defaults are here
 * and nowhere else.
 *
 * @param scope whose memory is read and written
 * @param memory how the memory is kept
 * @param model which model answers
 * @param chat how the agent speaks and what it is given to read
 * @param preferences how what people showed is weighted and censored
 * @param training how a candidate is trained
 * @param evolution when a cycle runs and what it holds out
 * @param gate what a candidate must hold to be promoted
 */
public record MnemeConfig(
    ScopeConfig scope,
    MemorySettings memory,
    ModelSettings model,
    ChatConfig chat,
    PreferenceSettings preferences,
    DpoConfig training,
    EvolutionConfig evolution,
    GateConfig gate) {

  public static MnemeConfig defaults() {
    return new MnemeConfig(
        new ScopeConfig("local", "me", "mneme"),
        new MemorySettings(null, null),
        new ModelSettings("active", "bf16", 0, null),
        new ChatConfig("default", 0.7, 0.95, 0.05, 1.0, 256, 6, 256),
        PreferenceSettings.defaults(),
        DpoConfig.defaults(),
        EvolutionConfig.defaults(),
        GateConfig.defaults());
  }

  /** The same, for another tenant's memory. */
  public MnemeConfig withTenant(String tenant) {
    return new MnemeConfig(
        new ScopeConfig(tenant, scope.user(), scope.agent()),
        memory,
        model,
        chat,
        preferences,
        training,
        evolution,
        gate);
  }

  /** The same, with replies of at most so many tokens. */
  public MnemeConfig withMaxTokens(int maxTokens) {
    ChatConfig shorter =
        new ChatConfig(
            chat.persona(),
            chat.temperature(),
            chat.topP(),
            chat.minP(),
            chat.repetitionPenalty(),
            maxTokens,
            chat.memories(),
            chat.memoryTokens());
    return new MnemeConfig(scope, memory, model, shorter, preferences, training, evolution, gate);
  }

  /**
   * @param tenant nothing crosses it
   * @param user the person at the terminal
   * @param agent the agent they speak with
   */
  public record ScopeConfig(String tenant, String user, String agent) {
    public ScopeConfig {
      requireText(tenant, "tenant");
      requireText(user, "user");
      requireText(agent, "agent");
    }
  }

  /**
   * @param passphrase where the passphrase is that encrypts the memory: {@code env:NAME}, {@code
   *     file:PATH} or {@code prompt}; null keeps it in the clear
   * @param embedder the model of ours that gives memories vectors: {@code active}, a registered
   *     checkpoint or a folder; null recalls by words alone
   */
  public record MemorySettings(@Nullable String passphrase, @Nullable String embedder) {
    public MemorySettings {
      if (passphrase != null
          && !passphrase.equals("prompt")
          && !passphrase.matches("(env|file):.+")) {
        throw new IllegalArgumentException(
            "passphrase must say where it is, as env:NAME, file:PATH or prompt; it never stands in"
                + " the configuration or on a command line");
      }
    }
  }

  /**
   * @param name {@code active} (what the registry promoted), a registered model, or a folder
   * @param precision weights in use: {@code f32}, {@code bf16} or {@code int8}
   * @param threads compute threads; 0 means as many as there are cores
   * @param endpoint an OpenAI-compatible endpoint to use instead; null for our own model
   */
  public record ModelSettings(
      String name, String precision, int threads, @Nullable EndpointConfig endpoint) {
    public ModelSettings {
      requireText(name, "name");
      if (!precision.equals("f32") && !precision.equals("bf16") && !precision.equals("int8")) {
        throw new IllegalArgumentException("precision must be f32, bf16 or int8, got " + precision);
      }
      if (threads < 0) {
        throw new IllegalArgumentException("threads must be 0 (all) or positive, got " + threads);
      }
    }
  }

  /**
   * @param baseUrl for example {@code http://localhost:8080/v1}
   * @param model the model's name there
   * @param apiKey {@code env:NAME}; a key never stands in a file. Null where none is needed
   * @param contextTokens how much the model reads
   */
  public record EndpointConfig(
      String baseUrl, String model, @Nullable String apiKey, int contextTokens) {
    public EndpointConfig {
      requireText(baseUrl, "baseUrl");
      requireText(model, "model");
      if (apiKey != null && !apiKey.startsWith("env:")) {
        throw new IllegalArgumentException(
            "apiKey must name an environment variable as env:NAME; a key never stands in a file");
      }
      if (contextTokens < 256) {
        throw new IllegalArgumentException(
            "contextTokens must be at least 256, got " + contextTokens);
      }
    }
  }

  /**
   * @param persona name of a persona file, or {@code default}
   * @param temperature 0 is greedy
   * @param topP nucleus
   * @param minP floor relative to the likeliest token
   * @param repetitionPenalty 1 is off
   * @param maxTokens longest reply
   * @param memories how many memories a prompt may carry
   * @param memoryTokens how many tokens they may take together
   */
  public record ChatConfig(
      String persona,
      double temperature,
      double topP,
      double minP,
      double repetitionPenalty,
      int maxTokens,
      int memories,
      int memoryTokens) {
    public ChatConfig {
      requireText(persona, "persona");
      if (!(temperature >= 0 && temperature <= 5)) {
        throw new IllegalArgumentException("temperature must be in [0, 5], got " + temperature);
      }
      if (maxTokens < 1) {
        throw new IllegalArgumentException("maxTokens must be positive, got " + maxTokens);
      }
      if (memories < 0 || memoryTokens < 0) {
        throw new IllegalArgumentException(
            "memories and memoryTokens must not be negative, got "
                + memories
                + " and "
                + memoryTokens);
      }
    }
  }

  private static void requireText(@Nullable String value, String name) {
    if (value == null || value.isBlank()) {
      throw new IllegalArgumentException(name + " must not be empty");
    }
  }
}
