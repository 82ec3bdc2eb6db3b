package dev.mneme.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A command in a process of its own, so that it can be killed. */
final class MnemeProcess {
  private MnemeProcess() {}

  /**
   * Starts one.
   *
   * @param said takes both of its streams
   * @param jvm options beside those of every start
   */
  static Process start(Path said, List<String> jvm, List<String> arguments) throws IOException {
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.add("@" + Path.of(System.getProperty("mneme.root")).resolve("jvm.options"));
    command.addAll(jvm);
    command.addAll(List.of("-cp", System.getProperty("java.class.path"), "dev.mneme.cli.Main"));
    command.addAll(arguments);
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(said.toFile())
        .start();
  }

  /** Waits until one has done what it was asked to. */
  static void awaitSuccess(Process process, int seconds, Path said)
      throws IOException, InterruptedException {
    assertThat(process.waitFor(seconds, TimeUnit.SECONDS)).isTrue();
    assertThat(process.exitValue()).as(Files.readString(said)).isZero();
  }
}
