package dev.mneme.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.Spliterator;
import java.util.Spliterators;
import java.util.stream.Stream;
import java.util.stream.StreamSupport;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * One JSON record a line.
 *
 * <p>Reading streams, skips blank lines and survives a torn last line (a writer that died in
 * mid-write): a last line without its newline that does not parse is left out. Any other bad line
 * is an error that names file and line.
 */
public final class JsonLines {
  private JsonLines() {}

  /**
   * Streams the records of a file; the caller closes the stream.
   *
   * @throws JsonLinesException while streaming, on a line that is not a {@code type}
   * @throws UncheckedIOException when the file cannot be read
   */
  @MustBeClosed
  public static <T> Stream<T> read(Path file, Class<T> type) {
    BufferedReader reader;
    try {
      reader = Files.newBufferedReader(file, UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read " + file, e);
    }
    var records = new Records<>(file, type, reader);
    return StreamSupport.stream(
            Spliterators.spliteratorUnknownSize(records, Spliterator.ORDERED | Spliterator.NONNULL),
            false)
        .onClose(records::close);
  }

  /** All records of a file. */
  public static <T> List<T> readAll(Path file, Class<T> type) {
    try (Stream<T> records = read(file, type)) {
      return records.toList();
    }
  }

  /** Writes the records, replacing the file. */
  public static void write(Path file, Iterable<?> records) {
    try (Writer out = Files.newBufferedWriter(file, UTF_8)) {
      for (Object each : records) {
        out.write(line(each));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write " + file, e);
    }
  }

  /** A record as one line, newline included. */
  public static String line(Object each) {
    return Json.mapper().writeValueAsString(each) + "\n";
  }

  private static final class Records<T> implements Iterator<T> {
    private final Path file;
    private final Class<T> type;
    private final BufferedReader reader;
    private long line;
    private @Nullable T next;

    Records(Path file, Class<T> type, BufferedReader reader) {
      this.file = file;
      this.type = type;
      this.reader = reader;
    }

    @Override
    public boolean hasNext() {
      if (next == null) {
        next = advance();
      }
      return next != null;
    }

    @Override
    public T next() {
      if (!hasNext()) {
        throw new NoSuchElementException("no record after line " + line + " of " + file);
      }
      T result = next;
      next = null;
      if (result == null) {
        throw new NoSuchElementException("no record after line " + line + " of " + file);
      }
      return result;
    }

    private @Nullable T advance() {
      try {
        while (true) {
          String text = reader.readLine();
          if (text == null) {
            return null;
          }
          line++;
          if (text.isBlank()) {
            continue;
          }
          try {
            return Json.mapper().readValue(text, type);
          } catch (JacksonException e) {
            if (isTornTail()) {
              return null;
            }
            throw new JsonLinesException(
                file + ":" + line + ": not a " + type.getSimpleName() + ": " + firstLine(e), e);
          }
        }
      } catch (IOException e) {
        throw new UncheckedIOException("cannot read " + file + " after line " + line, e);
      }
    }

    /** True when nothing follows and the file does not end in a newline. */
    private boolean isTornTail() throws IOException {
      if (reader.read() != -1) {
        return false;
      }
      try (var channel = Files.newByteChannel(file)) {
        var last = java.nio.ByteBuffer.allocate(1);
        channel.position(Math.max(0, channel.size() - 1));
        channel.read(last);
        return last.flip().hasRemaining() && last.get() != '\n';
      }
    }

    private static String firstLine(JacksonException e) {
      String message = e.getOriginalMessage();
      return message == null
          ? e.getClass().getSimpleName()
          : message.lines().findFirst().orElse("");
    }

    void close() {
      try {
        reader.close();
      } catch (IOException e) {
        throw new UncheckedIOException("cannot close " + file, e);
      }
    }
  }
}
