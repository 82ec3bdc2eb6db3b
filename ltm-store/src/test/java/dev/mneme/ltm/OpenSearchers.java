package dev.mneme.ltm;

import dev.mneme.testsupport.OpenResources;

/** Counts Lucene indexes and searchers that were not closed or released. */
public final class OpenSearchers implements OpenResources {
  @Override
  public String kind() {
    return "indexes or searchers";
  }

  @Override
  public long open() {
    return MemoryIndex.openSearchers();
  }
}
