package dev.mneme.ltm;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Locale;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The append-only record of every change, forced to disk before anything is acknowledged.
 *
 * <p>Files {@code journal/<first sequence, 19 digits>.jsonl}; each line a {@link JournalEntry} with
 * its checksum, sealed when the store has a passphrase. A torn last line of the last file (a death
 * in mid-write, never acknowledged) is cut off on opening; anything else that does not read is
 * damage and an error that names file and line.
 *
 * <p>Confined to the writer's thread, except {@link #read}, which opens its own files.
 */
final class Journal implements AutoCloseable {
  private static final long SEGMENT_BYTES = 64L << 20;
  private static final int TAIL_BYTES = 16 << 20;

  private final Path dir;
  private final Vault vault;
  private @Nullable FileChannel channel;
  private long length;
  private long lastSequence;
  private long lengthBefore;
  private long sequenceBefore;

  /** What a failed append left could not be cut off; nothing may come after it. */
  private boolean torn;

  private Journal(Path dir, Vault vault) {
    this.dir = dir;
    this.vault = vault;
  }

  /** Opens the journal for appending, repairing a torn tail. */
  static Journal open(Path home, Vault vault) {
    return openIn(home.resolve("journal"), vault);
  }

  static Journal openIn(Path dir, Vault vault) {
    var journal = new Journal(dir, vault);
    try {
      Files.createDirectories(journal.dir);
      List<Path> segments = journal.segments();
      if (!segments.isEmpty()) {
        Path last = segments.getLast();
        journal.cutTornTail(last);
        journal.append(last);
      }
    } catch (IOException e) {
      throw new MemoryStoreException("cannot open the journal " + journal.dir, false, e);
    }
    return journal;
  }

  /** The last acknowledged number, or 0 in an empty journal. */
  long lastSequence() {
    return lastSequence;
  }

  /**
   * Appends and forces the entries to disk; on failure nothing of them remains.
   *
   * @throws MemoryStoreException when the disk refuses
   */
  void append(List<JournalEntry> entries) {
    if (entries.isEmpty()) {
      return;
    }
    var lines = new StringBuilder();
    for (JournalEntry each : entries) {
      lines.append(each.line(vault)).append('\n');
    }
    ByteBuffer bytes = ByteBuffer.wrap(lines.toString().getBytes(UTF_8));
    long before = length;
    try {
      FileChannel out = channel;
      if (torn && out != null) {
        out.truncate(length);
        torn = false;
      }
      if (out == null || length >= SEGMENT_BYTES) {
        out = startSegment(entries.getFirst().seq());
        before = 0;
      }
      while (bytes.hasRemaining()) {
        out.write(bytes);
      }
      out.force(false);
      lengthBefore = before;
      sequenceBefore = lastSequence;
      length = before + bytes.limit();
      lastSequence = entries.getLast().seq();
    } catch (IOException e) {
      throw giveBack(before, e);
    }
  }

  /** Takes back the last {@link #append}: the transaction it belongs to did not commit. */
  void takeBack() {
    try {
      FileChannel out = channel;
      if (out != null) {
        out.truncate(lengthBefore);
        out.force(false);
      }
      length = lengthBefore;
      lastSequence = sequenceBefore;
    } catch (IOException e) {
      throw new MemoryStoreException(
          "cannot take back a journal entry in " + dir + "; start again", false, e);
    }
  }

  /** Reads all entries after a number, in order, outside any lock. */
  void read(long after, Consumer<JournalEntry> reader) {
    try {
      List<Path> segments = segments();
      for (int i = 0; i < segments.size(); i++) {
        boolean needed = i + 1 == segments.size() || firstOf(segments.get(i + 1)) > after + 1;
        if (needed) {
          readSegment(segments.get(i), after, reader);
        }
      }
    } catch (IOException e) {
      throw new MemoryStoreException("cannot read the journal " + dir, false, e);
    }
  }

  /**
   * Reads every entry that is whole, in order, of a journal that need not be.
   *
   * @return how many lines are damaged, without a torn last one, which nobody was told of
   */
  static long salvage(Path home, Vault vault, Consumer<JournalEntry> reader) throws IOException {
    var journal = new Journal(home.resolve("journal"), vault);
    if (!Files.isDirectory(journal.dir)) {
      return 0;
    }
    long damaged = 0;
    boolean torn = false;
    long last = 0;
    for (Path segment : journal.segments()) {
      // Byte by byte: a damaged line need not be UTF-8.
      try (BufferedReader in = Files.newBufferedReader(segment, ISO_8859_1)) {
        for (String raw = in.readLine(); raw != null; raw = in.readLine()) {
          JournalEntry.Line line = JournalEntry.check(new String(raw.getBytes(ISO_8859_1), UTF_8));
          JournalEntry entry = line == null || line.seq() <= last ? null : line.entry(vault);
          torn = entry == null;
          if (entry == null) {
            damaged++;
          } else {
            last = entry.seq();
            reader.accept(entry);
          }
        }
      }
    }
    return torn ? damaged - 1 : damaged;
  }

  /** Writes the journal anew with the entries that pass, and forces it to disk. */
  void rewrite(Predicate<JournalEntry> keep) {
    try {
      closeChannel();
      for (Path segment : segments()) {
        Path copy = segment.resolveSibling(segment.getFileName() + ".new");
        try (var out = Files.newBufferedWriter(copy, UTF_8)) {
          readSegment(
              segment,
              0,
              entry -> {
                if (keep.test(entry)) {
                  try {
                    out.write(entry.line(vault) + "\n");
                  } catch (IOException e) {
                    throw new MemoryStoreException("cannot write " + copy, false, e);
                  }
                }
              });
        }
        try (FileChannel forced = FileChannel.open(copy, StandardOpenOption.WRITE)) {
          forced.force(true);
        }
        Files.move(
            copy, segment, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      }
      List<Path> segments = segments();
      if (!segments.isEmpty()) {
        long sequence = lastSequence;
        append(segments.getLast());
        lastSequence = sequence;
      }
    } catch (IOException e) {
      throw new MemoryStoreException("cannot rewrite the journal " + dir, false, e);
    }
  }

  List<Path> segments() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      return files.filter(f -> f.getFileName().toString().endsWith(".jsonl")).sorted().toList();
    }
  }

  @Override
  public void close() {
    closeChannel();
  }

  private void closeChannel() {
    FileChannel open = channel;
    channel = null;
    if (open != null) {
      try {
        open.close();
      } catch (IOException e) {
        throw new MemoryStoreException("cannot close the journal " + dir, true, e);
      }
    }
  }

  private void append(Path segment) throws IOException {
    channel = FileChannel.open(segment, StandardOpenOption.WRITE, StandardOpenOption.APPEND);
    length = Files.size(segment);
  }

  private FileChannel startSegment(long first) throws IOException {
    closeChannel();
    Path file = dir.resolve(String.format(Locale.ROOT, "%019d.jsonl", first));
    FileChannel out =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.WRITE,
            StandardOpenOption.TRUNCATE_EXISTING);
    channel = out;
    length = 0;
    try (FileChannel parent = FileChannel.open(dir, StandardOpenOption.READ)) {
      parent.force(true);
    }
    return out;
  }

  private MemoryStoreException giveBack(long before, IOException cause) {
    var failure =
        new MemoryStoreException(
            "cannot append to the journal in "
                + dir
                + " ("
                + cause.getMessage()
                + "); nothing of this write was stored; is the disk full?",
            true,
            cause);
    try {
      FileChannel out = channel;
      if (out != null) {
        out.truncate(before);
      }
    } catch (IOException e) {
      torn = true;
      failure.addSuppressed(e);
    }
    length = before;
    return failure;
  }

  private void cutTornTail(Path segment) throws IOException {
    long size = Files.size(segment);
    // A batch is far smaller than this, so the last whole line lies within.
    long from = Math.max(0, size - TAIL_BYTES);
    byte[] tail = new byte[(int) (size - from)];
    try (FileChannel in = FileChannel.open(segment, StandardOpenOption.READ)) {
      ByteBuffer buffer = ByteBuffer.wrap(tail);
      while (buffer.hasRemaining() && in.read(buffer, from + buffer.position()) >= 0) {}
    }
    int start = 0;
    if (from > 0) {
      start = endOfLine(tail, 0) + 1;
    }
    long good = from + start;
    while (start < tail.length) {
      int end = endOfLine(tail, start);
      JournalEntry.@Nullable Line line =
          end < tail.length
              ? JournalEntry.check(new String(tail, start, end - start, UTF_8))
              : null;
      if (line == null) {
        if (anyWholeLine(tail, end + 1)) {
          throw damaged(segment, "the line at byte " + (from + start));
        }
        break;
      }
      lastSequence = line.seq();
      good = from + end + 1;
      start = end + 1;
    }
    if (good < size) {
      try (FileChannel out = FileChannel.open(segment, StandardOpenOption.WRITE)) {
        out.truncate(good);
        out.force(true);
      }
    }
    if (lastSequence == 0) {
      lastSequence = firstOf(segment) - 1;
    }
  }

  private static boolean anyWholeLine(byte[] bytes, int from) {
    for (int start = from; start < bytes.length; ) {
      int end = endOfLine(bytes, start);
      if (end < bytes.length
          && JournalEntry.check(new String(bytes, start, end - start, UTF_8)) != null) {
        return true;
      }
      start = end + 1;
    }
    return false;
  }

  private static int endOfLine(byte[] bytes, int from) {
    int end = from;
    while (end < bytes.length && bytes[end] != '\n') {
      end++;
    }
    return end;
  }

  private void readSegment(Path segment, long after, Consumer<JournalEntry> reader)
      throws IOException {
    try (BufferedReader in = Files.newBufferedReader(segment, UTF_8)) {
      long number = 0;
      for (String line = in.readLine(); line != null; line = in.readLine()) {
        number++;
        JournalEntry.Line whole = JournalEntry.check(line);
        if (whole == null) {
          throw damaged(segment, "line " + number);
        }
        if (whole.seq() > after) {
          JournalEntry entry = whole.entry(vault);
          if (entry == null) {
            throw damaged(segment, "line " + number);
          }
          reader.accept(entry);
        }
      }
    }
  }

  private static MemoryStoreException damaged(Path segment, String where) {
    return new MemoryStoreException(
        segment
            + ": "
            + where
            + " does not match its checksum; run `mneme memory verify` to see what is whole, then"
            + " `mneme memory recover`",
        false,
        null);
  }

  private static long firstOf(Path segment) {
    String name = segment.getFileName().toString();
    return Long.parseLong(name.substring(0, name.indexOf('.')));
  }
}
