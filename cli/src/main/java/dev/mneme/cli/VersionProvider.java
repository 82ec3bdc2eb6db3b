package dev.mneme.cli;

import picocli.CommandLine.IVersionProvider;

/** The version in the jar's manifest, and the JDK it runs on. */
final class VersionProvider implements IVersionProvider {
  @Override
  public String[] getVersion() {
    String version = VersionProvider.class.getPackage().getImplementationVersion();
    return new String[] {
      "mneme " + (version == null ? "(unpackaged)" : version) + " on JDK " + Runtime.version()
    };
  }
}
