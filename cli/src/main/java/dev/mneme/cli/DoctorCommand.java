package dev.mneme.cli;

import dev.mneme.cli.config.ConfigLoader;
import dev.mneme.dpo.registry.CheckpointManifest;
import dev.mneme.ltm.MemoryStoreException;
import dev.mneme.model.kernel.MatMul;
import java.io.IOException;
import java.io.PrintWriter;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

@Command(
    name = "doctor",
    description = "Check this machine and the data directory; says what to do about what it finds.")
final class DoctorCommand implements Callable<Integer> {
  @Spec CommandSpec spec = CommandSpec.create();

  @Option(names = "--json", description = "Print as JSON.")
  boolean json;

  private final List<Finding> findings = new ArrayList<>();

  /** How bad a finding is. */
  enum Level {
    OK,
    WARN,
    FAIL
  }

  /**
   * @param what was looked at
   * @param level how it is
   * @param detail what was found
   * @param advice what to do; empty when nothing
   */
  record Finding(String what, Level level, String detail, String advice) {}

  @Override
  public Integer call() {
    jdk();
    machine();
    compute();
    Home home = GlobalOptions.of(spec).home();
    if (configuration() && home(home)) {
      try (Workbench bench = Workbench.of(GlobalOptions.of(spec))) {
        models(bench);
        memory(bench);
      }
    }
    if (json) {
      Output.json(spec, findings);
    } else {
      PrintWriter out = Output.out(spec);
      for (Finding each : findings) {
        out.printf(
            Locale.ROOT,
            "%-4s  %-15s %s%n",
            each.level().toString().toLowerCase(Locale.ROOT),
            each.what(),
            each.detail());
        if (!each.advice().isEmpty()) {
          out.printf(Locale.ROOT, "%22s%s%n", "-> ", each.advice());
        }
      }
      out.flush();
    }
    return findings.stream().anyMatch(f -> f.level() == Level.FAIL)
        ? ExitCodes.FAILURE
        : ExitCodes.OK;
  }

  private void add(String what, Level level, String detail, String advice) {
    findings.add(new Finding(what, level, detail, advice));
  }

  private void jdk() {
    Runtime.Version version = Runtime.version();
    // JDK-8377811: before 25.0.3, G1 may move arrays that native code has pinned.
    boolean old = version.feature() == 25 && version.compareTo(Runtime.Version.parse("25.0.3")) < 0;
    add(
        "JDK",
        old ? Level.WARN : Level.OK,
        version + ", " + System.getProperty("java.home"),
        old ? "install 25.0.3 or newer: earlier builds can corrupt pinned arrays under G1" : "");
  }

  private void machine() {
    long memory = -1;
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean system) {
      memory = system.getTotalMemorySize();
    }
    long gib = memory >> 30;
    add(
        "machine",
        gib >= 0 && gib < 4 ? Level.WARN : Level.OK,
        Runtime.getRuntime().availableProcessors() + " cores, " + gib + " GiB of memory",
        gib >= 0 && gib < 4 ? "training wants 4 GiB; chatting will do" : "");
  }

  private void compute() {
    try {
      MatMul products = MatMul.best();
      boolean oneDnn = products.name().startsWith("oneDNN");
      add(
          "matrix products",
          oneDnn ? Level.OK : Level.WARN,
          products.name() + ", " + products.isa(),
          oneDnn ? "" : "oneDNN's natives do not load here: everything works, only slower");
    } catch (LinkageError | RuntimeException e) {
      add(
          "matrix products",
          Level.FAIL,
          String.valueOf(e.getMessage()),
          "ND4J's native library does not load; is the temporary directory mounted noexec?");
    }
  }

  private boolean configuration() {
    try {
      ConfigLoader.Resolved resolved = GlobalOptions.of(spec).resolveConfig();
      long changed = resolved.origins().values().stream().filter(o -> !o.equals("default")).count();
      add("configuration", Level.OK, changed + " keys differ from their defaults", "");
      return true;
    } catch (UserError e) {
      add("configuration", Level.FAIL, String.valueOf(e.getMessage()), "mend that key");
      return false;
    }
  }

  private boolean home(Home home) {
    try {
      home.create();
      long free = Files.getFileStore(home.dir()).getUsableSpace() >> 20;
      add(
          "data directory",
          free < 500 ? Level.WARN : Level.OK,
          home.dir() + ", " + String.format(Locale.ROOT, "%,d MB free", free),
          free < 500 ? "a cycle of evolution writes new checkpoints; make room" : "");
      return true;
    } catch (UserError e) {
      add("data directory", Level.FAIL, String.valueOf(e.getMessage()), "name another with --home");
      return false;
    } catch (IOException e) {
      add("data directory", Level.FAIL, e.toString(), "name another with --home");
      return false;
    }
  }

  private void models(Workbench bench) {
    try {
      var active = bench.registry().active();
      if (active.isEmpty()) {
        add(
            "active model",
            Level.FAIL,
            "none",
            "import one with 'mneme models import DIR --activate', or configure model.endpoint");
        return;
      }
      CheckpointManifest manifest = active.get();
      bench.registry().verify(manifest);
      add(
          "active model",
          Level.OK,
          manifest.name() + " " + manifest.id() + ", all files intact",
          "");
    } catch (RuntimeException e) {
      add(
          "active model",
          Level.FAIL,
          String.valueOf(e.getMessage()),
          "'mneme models list' shows what there is; 'mneme models rollback' goes back");
    }
  }

  private void memory(Workbench bench) {
    try {
      long sequence = bench.store().currentSequence();
      add("memory", Level.OK, "open, " + sequence + " changes; ledger and index agree", "");
    } catch (MemoryStoreException.InUse e) {
      add("memory", Level.WARN, String.valueOf(e.getMessage()), "");
    } catch (RuntimeException e) {
      add(
          "memory",
          Level.FAIL,
          String.valueOf(e.getMessage()),
          "'mneme memory verify' says more; 'rebuild-index' and 'recover' mend it");
    }
  }
}
