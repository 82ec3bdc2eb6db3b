package dev.mneme.model;

import dev.mneme.model.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import tools.jackson.databind.JsonNode;

/** Typed access to config.json; what is wrong is said with file, key, found and expected. */
final class ConfigNode {
  private final String file;
  private final String prefix;
  private final JsonNode node;

  ConfigNode(String file, String prefix, JsonNode node) {
    this.file = file;
    this.prefix = prefix;
    this.node = node;
  }

  boolean has(String key) {
    JsonNode value = node.get(key);
    return value != null && !value.isNull();
  }

  int integer(String key) {
    require(key, "a whole number");
    return integer(key, 0);
  }

  int integer(String key, int absent) {
    if (!has(key)) {
      return absent;
    }
    JsonNode value = node.get(key);
    if (!value.isIntegralNumber() || !value.canConvertToInt()) {
      throw error(key, value.toString(), "a whole number");
    }
    return value.intValue();
  }

  @Nullable Integer integerOrNull(String key) {
    return has(key) ? Integer.valueOf(integer(key)) : null;
  }

  double number(String key) {
    require(key, "a number");
    return number(key, 0);
  }

  double number(String key, double absent) {
    if (!has(key)) {
      return absent;
    }
    JsonNode value = node.get(key);
    if (!value.isNumber()) {
      throw error(key, value.toString(), "a number");
    }
    return value.doubleValue();
  }

  boolean bool(String key, boolean absent) {
    if (!has(key)) {
      return absent;
    }
    JsonNode value = node.get(key);
    if (!value.isBoolean()) {
      throw error(key, value.toString(), "true or false");
    }
    return value.booleanValue();
  }

  String text(String key) {
    require(key, "a text");
    return text(key, "");
  }

  String text(String key, String absent) {
    if (!has(key)) {
      return absent;
    }
    JsonNode value = node.get(key);
    if (!value.isString()) {
      throw error(key, value.toString(), "a text");
    }
    return value.stringValue();
  }

  /** One whole number or a list of them, as {@code eos_token_id} is written. */
  List<Integer> integers(String key) {
    if (!has(key)) {
      return List.of();
    }
    JsonNode value = node.get(key);
    if (!value.isArray()) {
      return List.of(integer(key));
    }
    List<Integer> out = new ArrayList<>();
    for (JsonNode item : value) {
      if (!item.isIntegralNumber()) {
        throw error(key, value.toString(), "whole numbers");
      }
      out.add(item.intValue());
    }
    return out;
  }

  ConfigNode object(String key) {
    JsonNode value = node.get(key);
    if (value == null || !value.isObject()) {
      throw error(key, value == null ? "nothing" : value.toString(), "an object");
    }
    return new ConfigNode(file, prefix + key + ".", value);
  }

  /** A key whose only supported value is given; absent counts as that value. */
  void only(String key, String expected) {
    if (has(key)) {
      JsonNode value = node.get(key);
      String found = value.isString() ? value.stringValue() : value.toString();
      if (!found.equals(expected)) {
        throw error(key, found, expected);
      }
    }
  }

  private void require(String key, String expected) {
    if (!has(key)) {
      throw error(key, "nothing", expected);
    }
  }

  CheckpointException error(String key, String found, String expected) {
    return new CheckpointException(
        file + ": " + prefix + key + " is " + found + ", expected " + expected);
  }

  CheckpointException invalid(IllegalArgumentException e) {
    return new CheckpointException(file + ": " + e.getMessage(), e);
  }
}
