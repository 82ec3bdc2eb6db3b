package dev.mneme.agent.endpoint;

import static java.util.Objects.requireNonNull;

import java.net.URI;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Where a remote model is and how patient to be with it.
 *
 * @param baseUrl everything before {@code /chat/completions}, for example {@code
 *     http://localhost:8080/v1}
 * @param model the name the endpoint knows it by
 * @param key gives the secret at every request; empty for none. Never logged or shown.
 * @param contextTokens how many tokens prompt and reply may have together
 * @param connectTimeout how long to wait for a connection
 * @param idleTimeout how long to wait for the next piece of a reply
 * @param attempts how often a request is tried when the failure may pass
 * @param backOff the wait before the second attempt; doubles with each further one
 * @param extendedSampling whether the endpoint knows {@code top_k}, {@code min_p} and {@code
 *     repetition_penalty}; strict ones refuse requests that have them
 */
public record EndpointConfig(
    URI baseUrl,
    String model,
    Supplier<Optional<String>> key,
    int contextTokens,
    Duration connectTimeout,
    Duration idleTimeout,
    int attempts,
    Duration backOff,
    boolean extendedSampling) {
  public EndpointConfig {
    requireNonNull(baseUrl, "baseUrl is null");
    requireNonNull(model, "model is null");
    requireNonNull(key, "key is null");
    requireNonNull(connectTimeout, "connectTimeout is null");
    requireNonNull(idleTimeout, "idleTimeout is null");
    requireNonNull(backOff, "backOff is null");
    String scheme = String.valueOf(baseUrl.getScheme());
    if (!(scheme.equals("http") || scheme.equals("https")) || baseUrl.getHost() == null) {
      throw new IllegalArgumentException(
          "an endpoint needs an http or https address such as http://localhost:8080/v1, got "
              + baseUrl);
    }
    if (baseUrl.getUserInfo() != null) {
      throw new IllegalArgumentException(
          "the endpoint's address must not carry a secret; give the key by env:NAME");
    }
    if (model.isBlank()) {
      throw new IllegalArgumentException("an endpoint needs a model name");
    }
    if (contextTokens < 16) {
      throw new IllegalArgumentException("contextTokens must be at least 16: " + contextTokens);
    }
    if (attempts < 1) {
      throw new IllegalArgumentException("attempts must be at least 1, got " + attempts);
    }
  }

  /** An endpoint with the usual patience. */
  public static EndpointConfig of(
      URI baseUrl, String model, int contextTokens, Supplier<Optional<String>> key) {
    return new EndpointConfig(
        baseUrl,
        model,
        key,
        contextTokens,
        Duration.ofSeconds(10),
        Duration.ofSeconds(120),
        4,
        Duration.ofMillis(500),
        false);
  }

  @Override
  public String toString() {
    return "EndpointConfig[" + model + " at " + baseUrl + "]";
  }
}
