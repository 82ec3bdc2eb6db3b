package dev.mneme.agent.mcp;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Json;
import java.net.URI;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * One entry of {@code mcpServers}, the JSON people already have for other agents.
 *
 * <pre>
 * {"mcpServers": {
 *   "files": {"command": "npx", "args": ["-y", "server-filesystem", "/home/ana"]},
 *   "wiki": {"url": "https://example.org/mcp", "headers": {"Authorization": "Bearer ${WIKI_KEY}"}}
 * }}
 * </pre>
 *
 * Two keys are ours: {@code "trusted": true} believes the server's read-only hints, and {@code
 * "disabled": true} leaves it out. Keys of other agents are ignored; in particular, lists of tools
 * to allow without asking count for nothing here.
 */
public sealed interface McpServerConfig {
  String name();

  /** Whether its claims about its own tools are believed. */
  boolean trusted();

  /**
   * A server started as a child process and spoken to over its standard streams.
   *
   * @param directory where it runs; null for ours
   */
  record Stdio(
      String name,
      boolean trusted,
      String command,
      List<String> args,
      Map<String, String> env,
      @Nullable String directory)
      implements McpServerConfig {
    public Stdio {
      requireNonNull(name, "name is null");
      requireNonNull(command, "command is null");
      args = List.copyOf(args);
      env = Map.copyOf(env);
    }

    @Override
    public String toString() {
      return name + ": " + command + " " + String.join(" ", args);
    }
  }

  /** A server reached by streamable HTTP. */
  record Http(String name, boolean trusted, URI url, Map<String, String> headers)
      implements McpServerConfig {
    public Http {
      requireNonNull(name, "name is null");
      requireNonNull(url, "url is null");
      headers = Map.copyOf(headers);
    }

    @Override
    public String toString() {
      return name + ": " + url;
    }
  }

  /**
   * Reads an {@code mcpServers} file.
   *
   * @param file named in errors
   * @param variables values of {@code ${NAME}} in the file
   * @throws IllegalArgumentException naming file, server and what was expected
   */
  static List<McpServerConfig> parse(
      String json, String file, Function<String, Optional<String>> variables) {
    JsonNode root;
    try {
      root = Json.mapper().readTree(json);
    } catch (JacksonException e) {
      var at = e.getLocation();
      throw new IllegalArgumentException(
          file + ":" + (at == null ? 1 : at.getLineNr()) + ": not JSON: " + e.getOriginalMessage(),
          e);
    }
    JsonNode servers = root.get("mcpServers");
    if (servers == null || !servers.isObject()) {
      throw new IllegalArgumentException(
          file + ": expected an object \"mcpServers\" with one entry per server");
    }
    List<McpServerConfig> configs = new ArrayList<>();
    for (Map.Entry<String, JsonNode> each : servers.properties()) {
      if (!each.getValue().path("disabled").asBoolean(false)) {
        configs.add(new Entry(file, each.getKey(), each.getValue(), variables).read());
      }
    }
    return List.copyOf(configs);
  }

  /** One entry being read. */
  final class Entry {
    private static final Pattern VARIABLE = Pattern.compile("\\$\\{([A-Za-z_][A-Za-z0-9_]*)\\}");

    private final String file;
    private final String name;
    private final JsonNode node;
    private final Function<String, Optional<String>> variables;

    private Entry(
        String file, String name, JsonNode node, Function<String, Optional<String>> variables) {
      this.file = file;
      this.name = name;
      this.node = node;
      this.variables = variables;
    }

    private McpServerConfig read() {
      boolean trusted = node.path("trusted").asBoolean(false);
      if (node.hasNonNull("command")) {
        List<String> args = new ArrayList<>();
        for (JsonNode each : node.path("args")) {
          args.add(filled(each.asString("")));
        }
        return new Stdio(
            name,
            trusted,
            filled(text("command")),
            args,
            texts("env"),
            node.hasNonNull("cwd") ? filled(text("cwd")) : null);
      }
      if (!node.hasNonNull("url")) {
        throw bad("needs a \"command\" to start or a \"url\" to reach");
      }
      if (text("type").equals("sse")) {
        throw bad("uses the old HTTP+SSE transport; give its streamable HTTP address instead");
      }
      URI url;
      try {
        url = URI.create(filled(text("url")));
      } catch (IllegalArgumentException e) {
        throw bad("has a url that is none: " + text("url"));
      }
      String scheme = String.valueOf(url.getScheme());
      if (!scheme.equals("http") && !scheme.equals("https")) {
        throw bad("needs an http or https url, got " + text("url"));
      }
      return new Http(name, trusted, url, texts("headers"));
    }

    private Map<String, String> texts(String key) {
      Map<String, String> texts = new LinkedHashMap<>();
      for (Map.Entry<String, JsonNode> each : node.path(key).properties()) {
        texts.put(each.getKey(), filled(each.getValue().asString("")));
      }
      return texts;
    }

    private String text(String key) {
      return node.path(key).asString("");
    }

    private String filled(String text) {
      Matcher matcher = VARIABLE.matcher(text);
      var filled = new StringBuilder();
      while (matcher.find()) {
        String variable = matcher.group(1);
        String value =
            variables
                .apply(variable)
                .orElseThrow(() -> bad("uses ${" + variable + "}, which is not set"));
        matcher.appendReplacement(filled, Matcher.quoteReplacement(value));
      }
      return matcher.appendTail(filled).toString();
    }

    private IllegalArgumentException bad(String problem) {
      return new IllegalArgumentException(file + ": server \"" + name + "\" " + problem);
    }
  }
}
