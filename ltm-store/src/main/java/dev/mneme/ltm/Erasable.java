package dev.mneme.ltm;

/** Something outside the store that holds a person's words: pair files, caches, logs. */
public interface Erasable {
  /** What it is, for the receipt. */
  String name();

  /** Removes a person's data; returns how many things it removed. */
  int erase(String tenant, String user);
}
