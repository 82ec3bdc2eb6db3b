package dev.mneme.evals;

import static java.util.Objects.requireNonNull;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A run: what was run, and what came, one record for each item and epoch.
 *
 * @param directory where it is kept
 * @param info what was run
 * @param records in the order of the items; of a run read back, in the order of their ids
 */
public record EvalRun(Path directory, RunInfo info, List<EvalRecord> records) {
  public EvalRun {
    requireNonNull(directory, "directory is null");
    requireNonNull(info, "info is null");
    records = List.copyOf(records);
  }

  /**
   * Reads a run back.
   *
   * @throws EvalException when the directory holds no run
   */
  public static EvalRun read(Path directory) {
    RunInfo info =
        EvalLog.info(directory)
            .orElseThrow(
                () ->
                    new EvalException(
                        directory
                            + " holds no run: expected run.json and items.jsonl, as `mneme eval`"
                            + " writes them",
                        null));
    List<EvalRecord> records =
        EvalLog.read(directory).values().stream()
            .sorted(
                Comparator.comparing(EvalRecord::item, EvalRun::compareIds)
                    .thenComparingInt(EvalRecord::epoch))
            .toList();
    return new EvalRun(directory, info, records);
  }

  /** All runs under a directory, oldest first. */
  public static List<EvalRun> readAll(Path root) {
    return directories(root).stream()
        .map(EvalRun::read)
        .sorted(Comparator.comparing(EvalRun::finished).thenComparing(each -> each.info().id()))
        .toList();
  }

  static List<Path> directories(Path root) {
    if (!Files.isDirectory(root)) {
      return List.of();
    }
    try (Stream<Path> children = Files.list(root)) {
      return children.filter(each -> Files.exists(each.resolve(EvalLog.INFO))).sorted().toList();
    } catch (IOException e) {
      throw new EvalException("cannot list " + root, e);
    }
  }

  /**
   * This run with its judge's own score beside it, which is kept in the run's directory as well.
   */
  public EvalRun judgedBy(RunInfo.@Nullable JudgeInfo judge) {
    RunInfo judged = info.withJudge(judge);
    EvalLog.write(directory, judged);
    return new EvalRun(directory, judged, records);
  }

  /** How many items failed. */
  public long errors() {
    return records.stream().filter(each -> each.error() != null).count();
  }

  /** How many solutions came from another run. */
  public long cached() {
    return records.stream().filter(EvalRecord::cached).count();
  }

  /** The limit that ended the last session early, or null. */
  public @Nullable String stoppedBy() {
    return info.sessions().isEmpty() ? null : info.sessions().getLast().stoppedBy();
  }

  /** When the last item was finished; the epoch for an empty run. */
  public java.time.Instant finished() {
    return records.stream()
        .map(EvalRecord::at)
        .max(Comparator.naturalOrder())
        .orElse(java.time.Instant.EPOCH);
  }

  /** Numbers inside ids by value, so that "math-2" stands before "math-10". */
  static int compareIds(String a, String b) {
    String[] left = a.split("(?<=\\D)(?=\\d)|(?<=\\d)(?=\\D)");
    String[] right = b.split("(?<=\\D)(?=\\d)|(?<=\\d)(?=\\D)");
    for (int i = 0; i < Math.min(left.length, right.length); i++) {
      boolean numbers = left[i].matches("\\d{1,18}") && right[i].matches("\\d{1,18}");
      int order =
          numbers
              ? Long.compare(Long.parseLong(left[i]), Long.parseLong(right[i]))
              : left[i].compareTo(right[i]);
      if (order != 0) {
        return order;
      }
    }
    return left.length != right.length
        ? Integer.compare(left.length, right.length)
        : a.compareTo(b);
  }
}
