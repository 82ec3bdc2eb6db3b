package dev.mneme.cli.config;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.DatabindException;
import tools.jackson.databind.DeserializationFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.exc.UnrecognizedPropertyException;
import tools.jackson.databind.json.JsonMapper;
import tools.jackson.databind.node.ObjectNode;
import tools.jackson.dataformat.yaml.YAMLMapper;

/**
 * Defaults, then {@code mneme.yaml}, then {@code --set}: merged as trees and bound once, strictly.
 *
 * <p>Merging before binding is what keeps a partial file from turning every key it leaves out into
 * zero or null.
 */
public final class ConfigLoader {
  private static final JsonMapper STRICT =
      JsonMapper.builder()
          .enable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
          .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
          .enable(DeserializationFeature.FAIL_ON_MISSING_CREATOR_PROPERTIES)
          .build();

  private ConfigLoader() {}

  /**
   * A bound configuration and where each value came from.
   *
   * @param config the bound tree
   * @param tree the merged tree it was bound from
   * @param origins {@code default}, the file, or {@code --set}, by dotted path of every leaf
   */
  public record Resolved(MnemeConfig config, ObjectNode tree, Map<String, String> origins) {}

  /**
   * @param file {@code mneme.yaml}; may be absent
   * @param settings {@code a.b=c} each, applied in order; values are YAML scalars
   * @throws ConfigException naming the file or setting, the key's path and what was expected
   */
  public static Resolved load(Path file, List<String> settings) {
    ObjectNode tree = STRICT.valueToTree(MnemeConfig.defaults());
    Map<String, String> origins = new LinkedHashMap<>();
    mark(tree, "", "default", origins);
    if (Files.exists(file)) {
      merge(tree, readYaml(file), "", file.toString(), origins);
    }
    for (String setting : settings) {
      merge(tree, parse(setting), "", "--set", origins);
    }
    return new Resolved(bind(tree, origins, file), tree, origins);
  }

  private static ObjectNode readYaml(Path file) {
    JsonNode node;
    try {
      node = YAMLMapper.shared().readTree(file.toFile());
    } catch (JacksonException e) {
      throw new ConfigException(file + ": not YAML: " + oneLine(e), e);
    }
    if (node == null || node.isMissingNode() || node.isNull()) {
      return STRICT.createObjectNode();
    }
    if (!(node instanceof ObjectNode object)) {
      throw new ConfigException(
          file + ": expected keys and values at the top level, found " + node.getNodeType(), null);
    }
    return object;
  }

  private static ObjectNode parse(String setting) {
    int equals = setting.indexOf('=');
    if (equals < 1) {
      throw new ConfigException(
          "--set " + setting + ": expected a.b=value, for example --set chat.temperature=0", null);
    }
    JsonNode value;
    try {
      value = YAMLMapper.shared().readTree(setting.substring(equals + 1));
    } catch (JacksonException e) {
      throw new ConfigException("--set " + setting + ": not a YAML value: " + oneLine(e), e);
    }
    ObjectNode root = STRICT.createObjectNode();
    ObjectNode at = root;
    String[] keys = setting.substring(0, equals).strip().split("\\.");
    for (int i = 0; i < keys.length - 1; i++) {
      at = at.putObject(keys[i]);
    }
    at.set(keys[keys.length - 1], value);
    return root;
  }

  private static void merge(
      ObjectNode into, ObjectNode from, String path, String origin, Map<String, String> origins) {
    for (var entry : from.properties()) {
      String key = entry.getKey();
      String at = path.isEmpty() ? key : path + "." + key;
      if (entry.getValue() instanceof ObjectNode child
          && into.get(key) instanceof ObjectNode existing) {
        merge(existing, child, at, origin, origins);
      } else {
        into.set(key, entry.getValue());
        mark(entry.getValue(), at, origin, origins);
      }
    }
  }

  private static void mark(
      @Nullable JsonNode node, String path, String origin, Map<String, String> origins) {
    if (node instanceof ObjectNode object) {
      for (var entry : object.properties()) {
        mark(
            entry.getValue(),
            path.isEmpty() ? entry.getKey() : path + "." + entry.getKey(),
            origin,
            origins);
      }
    } else {
      origins.put(path, origin);
    }
  }

  private static MnemeConfig bind(ObjectNode tree, Map<String, String> origins, Path file) {
    try {
      return STRICT.treeToValue(tree, MnemeConfig.class);
    } catch (UnrecognizedPropertyException e) {
      String path = path(e);
      String known =
          e.getKnownPropertyIds() == null
              ? ""
              : e.getKnownPropertyIds().stream()
                  .map(String::valueOf)
                  .sorted()
                  .collect(Collectors.joining(", "));
      throw new ConfigException(
          origin(origins, path, file) + ": unknown key " + path + "; known here: " + known, e);
    } catch (DatabindException e) {
      String path = path(e);
      throw new ConfigException(origin(origins, path, file) + ": " + path + ": " + oneLine(e), e);
    }
  }

  private static String path(DatabindException e) {
    return e.getPath().stream()
        .map(r -> r.getPropertyName() == null ? "[" + r.getIndex() + "]" : r.getPropertyName())
        .collect(Collectors.joining("."));
  }

  private static String origin(Map<String, String> origins, String path, Path file) {
    String exact = origins.get(path);
    if (exact != null && !exact.equals("default")) {
      return exact;
    }
    return origins.entrySet().stream()
        .filter(o -> o.getKey().startsWith(path + ".") && !o.getValue().equals("default"))
        .map(Map.Entry::getValue)
        .findFirst()
        .orElse(file.toString());
  }

  private static String oneLine(JacksonException e) {
    Throwable cause = e.getCause();
    String message =
        cause instanceof IllegalArgumentException ? cause.getMessage() : e.getOriginalMessage();
    return message == null ? e.getClass().getSimpleName() : message.lines().findFirst().orElse("");
  }
}
