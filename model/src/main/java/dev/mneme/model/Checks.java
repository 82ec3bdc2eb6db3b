package dev.mneme.model;

/** Argument checks of the configuration records; messages name the config.json key. */
final class Checks {
  private Checks() {}

  static void positive(String key, int value) {
    if (value <= 0) {
      throw new IllegalArgumentException(key + " is " + value + ", expected a positive number");
    }
  }

  static void even(String key, int value) {
    if (value <= 0 || value % 2 != 0) {
      throw new IllegalArgumentException(
          key + " is " + value + ", expected a positive even number: dimensions rotate in pairs");
    }
  }

  static void atMost(String key, int value, String limitKey, int limit) {
    if (value > limit) {
      throw new IllegalArgumentException(
          key + " is " + value + ", expected at most " + limitKey + " " + limit);
    }
  }
}
