package dev.mneme.ltm;

import dev.mneme.testsupport.OpenResources;

/** Counts H2 connections that were not given back. */
public final class OpenConnections implements OpenResources {
  @Override
  public String kind() {
    return "ledger connections";
  }

  @Override
  public long open() {
    return Ledger.openConnections();
  }
}
