package dev.mneme.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.SQLException;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * A home that was damaged or is full: the chat answers or says what to do, and what was said before
 * is still there.
 */
@Timeout(120)
final class ChatDamageTest {
  private static final String FIRST = "My sister Ana lives in Lisbon.";

  @TempDir Path dir;
  private Path home;
  private Path script;
  private final Commands mneme = Commands.at(() -> home);

  private record Ran(int exit, String out, String err) {}

  @BeforeEach
  void script() throws IOException {
    home = dir.resolve("home");
    script = dir.resolve("script.yaml");
    Files.writeString(script, "replies: [\"Noted.\"]\nrepeat: true\n");
  }

  private Ran run(String... arguments) {
    return new Ran(mneme.run(arguments), mneme.out(), mneme.err());
  }

  private Ran say(String text, String... more) {
    return run(
        Stream.concat(Stream.of("chat", "-m", "scripted:" + script, "-p", text), Stream.of(more))
            .toArray(String[]::new));
  }

  private void begin() {
    Ran ran = say(FIRST, "--session", "s1");
    assertThat(ran.exit).as(ran.err).isZero();
    assertThat(ran.out).contains("Noted.");
  }

  /** Changes the ledger behind everybody's back. */
  private void inLedger(String sql) throws SQLException {
    String url = "jdbc:h2:file:" + home.resolve("memory").resolve("ledger").toAbsolutePath();
    try (Connection connection = DriverManager.getConnection(url, "mneme", "");
        var statement = connection.createStatement()) {
      assertThat(statement.executeUpdate(sql)).isPositive();
    }
  }

  private void assertFirstIsRemembered() {
    assertThat(run("memory", "search", "Where does my sister live?").out).contains("Lisbon");
  }

  @Test
  void aTurnThatLostWhatWentWithItIsShownByItsWords() throws SQLException {
    begin();
    inLedger("update turn set extra = '{oops' where role = 'a'");
    Ran ran = say("And my brother?", "--continue");
    assertThat(ran.exit).as(ran.err).isZero();
    assertThat(ran.out).contains("Noted.");
    assertThat(run("chat", "-m", "scripted:" + script, "-p", "Hm?", "--resume", "s1").exit)
        .isZero();
    assertFirstIsRemembered();
  }

  @Test
  void aSessionThatCannotBeReadIsNamedAndOthersGoOn() throws Exception {
    begin();
    inLedger("update turn set role = 'x' where role = 'a'");
    Ran ran = say("And my brother?", "--resume", "s1");
    assertThat(ran.exit).isEqualTo(ExitCodes.FAILURE);
    assertThat(ran.err).contains("unknown role x", "memory recover").doesNotContain("\tat ");
    Ran fresh = say("Where does my sister live?");
    assertThat(fresh.exit).as(fresh.err).isZero();
    assertThat(fresh.out).contains("Noted.");
    assertThat(fresh.err).contains("without");
    Files.delete(home.resolve("memory/ledger.mv.db"));
    assertThat(run("memory", "recover").exit).isZero();
    assertThat(say("And my brother?", "--resume", "s1").exit).isZero();
    assertFirstIsRemembered();
  }

  @Test
  void aDamagedLedgerIsNamedWithWhatRebuildsIt() throws IOException {
    begin();
    Files.writeString(home.resolve("memory/ledger.mv.db"), "no database ".repeat(1000));
    Ran ran = say("And my brother?");
    assertThat(ran.exit).isEqualTo(ExitCodes.FAILURE);
    assertThat(ran.err).contains("mneme memory recover").doesNotContain("\tat ");
    assertThat(run("memory", "recover").exit).isZero();
    assertThat(say("And my brother?", "--continue").exit).isZero();
    assertFirstIsRemembered();
  }

  @Test
  void aDamagedIndexCostsNoTurn() throws IOException {
    begin();
    try (Stream<Path> files = Files.list(home.resolve("memory/index"))) {
      for (Path each : files.filter(f -> f.getFileName().toString().startsWith("_")).toList()) {
        Files.writeString(each, "no index");
      }
    }
    Ran ran = say("And my brother?", "--continue");
    assertThat(ran.exit).as(ran.err).isZero();
    assertThat(run("memory", "verify").exit).isZero();
    assertFirstIsRemembered();
  }

  @Test
  void aTornJournalIsMended() throws IOException {
    begin();
    Path journal = home.resolve("memory/journal/0000000000000000001.jsonl");
    Files.writeString(journal, "{\"half\": \"a li", UTF_8, StandardOpenOption.APPEND);
    assertThat(say("And my brother?", "--continue").exit).isZero();
    assertFirstIsRemembered();
  }

  @Test
  void damagedToolPermissionsAllowNothingAndAreNamed() throws IOException {
    begin();
    Files.writeString(home.resolve("tool_permissions.json"), "{oops");
    Ran ran = say("And my brother?", "--continue");
    assertThat(ran.exit == ExitCodes.OK || ran.err.contains("tool_permissions.json"))
        .as(ran.err)
        .isTrue();
    assertThat(Files.readString(home.resolve("tool_permissions.json"))).isEqualTo("{oops");
    assertFirstIsRemembered();
  }

  @Test
  void aPointerToNoModelIsNamed() throws IOException {
    Files.createDirectories(home.resolve("models"));
    Files.writeString(home.resolve("models/active.json"), "{oops");
    Ran ran = run("chat", "-p", "Hello?");
    assertThat(ran.exit).isNotZero();
    assertThat(ran.err).contains("active.json").doesNotContain("\tat ");
  }

  @Test
  void onAFullDiskTheUserIsToldAndNothingIsLost() throws IOException, InterruptedException {
    Files.createDirectories(home);
    assumeTrue(
        mount("mount", "-t", "tmpfs", "-o", "size=32m", "mneme-full", home.toString()),
        "a small file system cannot be mounted here (not root), so no disk can be filled");
    try {
      begin();
      try (var filler = new Filler(home.resolve("filler"))) {
        filler.start();
        Ran ran = say("And my brother Bruno?", "--continue");
        assertThat(ran.exit).isEqualTo(ExitCodes.FAILURE);
        assertThat(ran.err).containsIgnoringCase("space").doesNotContain("\tat ");
      }
      Ran after = say("And my brother Bruno?", "--continue");
      assertThat(after.exit).as(after.err).isZero();
      assertThat(run("memory", "verify").exit).isZero();
      assertFirstIsRemembered();
    } finally {
      mount("umount", "-l", home.toString());
    }
  }

  private static boolean mount(String... command) throws InterruptedException {
    try {
      return new ProcessBuilder(List.of(command)).redirectErrorStream(true).start().waitFor() == 0;
    } catch (IOException e) {
      return false;
    }
  }

  /** Keeps a disk full: what others free on it while they run is taken at once. */
  private static final class Filler implements AutoCloseable {
    private final Path file;
    private final OutputStream out;
    private @Nullable Thread thread;
    private volatile boolean enough;

    Filler(Path file) throws IOException {
      this.file = file;
      out = Files.newOutputStream(file);
    }

    void start() {
      fill();
      thread = Thread.ofPlatform().name("filler").start(this::keepFull);
    }

    private void keepFull() {
      while (!enough) {
        fill();
        LockSupport.parkNanos(200_000);
      }
    }

    private void fill() {
      byte[] block = new byte[4096];
      try {
        while (!enough) {
          out.write(block);
        }
      } catch (IOException e) {
        // Full, as wanted.
      }
    }

    @Override
    public void close() throws IOException {
      enough = true;
      while (thread != null && thread.isAlive()) {
        LockSupport.parkNanos(1_000_000);
      }
      out.close();
      Files.delete(file);
    }
  }
}
