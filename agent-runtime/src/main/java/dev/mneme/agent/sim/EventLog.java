package dev.mneme.agent.sim;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.data.JsonLines;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import tools.jackson.core.JacksonException;

/**
 * The log of a run, one event a line. What {@link #append} returned from is on disk. An unfinished
 * tail (a killed writer) is cut off when the log is resumed.
 */
final class EventLog implements AutoCloseable {
  private final Path file;
  private final FileChannel channel;

  private EventLog(Path file, FileChannel channel) {
    this.file = file;
    this.channel = channel;
  }

  /** Opens for appending after {@code keepBytes}. */
  static EventLog open(Path file, long keepBytes) {
    try {
      Path parent = file.toAbsolutePath().getParent();
      if (parent != null) {
        Files.createDirectories(parent);
      }
      FileChannel channel =
          FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
      channel.truncate(keepBytes);
      channel.position(keepBytes);
      return new EventLog(file, channel);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot open the event log " + file, e);
    }
  }

  void append(List<SimEvent> events) {
    var text = new StringBuilder();
    events.forEach(each -> text.append(JsonLines.line(each)));
    ByteBuffer bytes = ByteBuffer.wrap(text.toString().getBytes(UTF_8));
    try {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.force(false);
    } catch (IOException e) {
      throw new UncheckedIOException(
          "cannot write the event log "
              + file
              + " ("
              + e.getMessage()
              + "); free space and run again to resume",
          e);
    }
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw new UncheckedIOException("cannot close the event log " + file, e);
    }
  }

  /**
   * What an existing log holds up to the last point from which a run can go on.
   *
   * @param events up to and including the last checkpoint and what was evolved at it
   * @param bytes how long that part of the file is
   */
  record Kept(List<SimEvent> events, long bytes) {}

  static Kept kept(Path file) {
    if (!Files.exists(file)) {
      return new Kept(List.of(), 0);
    }
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the event log " + file, e);
    }
    List<SimEvent> events = new ArrayList<>();
    int keptEvents = 0;
    long keptBytes = 0;
    int start = 0;
    int line = 0;
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] != '\n') {
        continue;
      }
      line++;
      SimEvent event;
      try {
        event = Json.mapper().readValue(new String(bytes, start, i - start, UTF_8), SimEvent.class);
      } catch (JacksonException e) {
        throw new IllegalArgumentException(
            file + ":" + line + ": not an event of a simulation: " + e.getOriginalMessage(), e);
      }
      events.add(event);
      start = i + 1;
      boolean safe =
          event instanceof SimEvent.Checkpoint
              || event instanceof SimEvent.Evolved
              || event instanceof SimEvent.Measured
              || event instanceof SimEvent.Started;
      if (safe) {
        keptEvents = events.size();
        keptBytes = start;
      }
    }
    return new Kept(List.copyOf(events.subList(0, keptEvents)), keptBytes);
  }

  /** Every event of a log, for reports. */
  static List<SimEvent> read(Path file) {
    return JsonLines.readAll(file, SimEvent.class);
  }
}
