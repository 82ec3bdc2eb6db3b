package dev.mneme.agent.endpoint;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.agent.Cancellation;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The data of server-sent events, read on a virtual thread so that a silent server can be given up
 * on. Lines longer than {@link #MAX_BYTES} end the stream.
 */
final class EventLines implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(EventLines.class);

  static final int MAX_BYTES = 4 << 20;

  /** What the endpoint sends after the last event. */
  static final String DONE = "[DONE]";

  /** The stream ended before {@link #DONE}. */
  static final class Broken extends Exception {
    private static final long serialVersionUID = 1L;

    Broken(String message, @Nullable Throwable cause) {
      super(message, cause);
    }
  }

  private record Item(@Nullable String data, @Nullable IOException failure) {}

  private final BlockingQueue<Item> items = new ArrayBlockingQueue<>(256);
  private final Duration idle;
  private final InputStream in;
  private final Thread reader;

  EventLines(InputStream in, Duration idle) {
    this.in = in;
    this.idle = idle;
    this.reader = Thread.ofVirtual().name("sse-reader").start(this::read);
  }

  /** The next event's data; null when cancelled. */
  @Nullable String next(Cancellation cancellation) throws Broken {
    long end = System.nanoTime() + idle.toNanos();
    try {
      while (true) {
        Item item = items.poll(20, TimeUnit.MILLISECONDS);
        if (item != null) {
          if (item.data() != null) {
            return item.data();
          }
          IOException failure = item.failure();
          throw new Broken(
              failure == null ? "it ended without [DONE]" : String.valueOf(failure.getMessage()),
              failure);
        }
        if (cancellation.isRequested()) {
          return null;
        }
        if (System.nanoTime() > end) {
          throw new Broken("nothing came for " + idle.toMillis() + " ms", null);
        }
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new Broken("interrupted", e);
    }
  }

  private void read() {
    try {
      try {
        var lines = new BufferedInputStream(in);
        while (true) {
          String line = line(lines);
          if (line == null) {
            items.put(new Item(null, null));
            return;
          }
          if (line.startsWith("data:")) {
            items.put(new Item(line.substring(5).strip(), null));
          }
        }
      } catch (IOException e) {
        items.put(new Item(null, e));
      }
    } catch (InterruptedException e) {
      // The consumer has gone: nobody wants the rest.
      Thread.currentThread().interrupt();
    }
  }

  private static @Nullable String line(InputStream in) throws IOException {
    var bytes = new ByteArrayOutputStream(256);
    while (true) {
      int b = in.read();
      if (b < 0) {
        return bytes.size() == 0 ? null : bytes.toString(UTF_8);
      }
      if (b == '\n') {
        return bytes.toString(UTF_8);
      }
      if (b != '\r') {
        bytes.write(b);
      }
      if (bytes.size() > MAX_BYTES) {
        throw new IOException("an event is longer than " + MAX_BYTES + " bytes");
      }
    }
  }

  @Override
  public void close() {
    reader.interrupt();
    try {
      in.close();
    } catch (IOException e) {
      // Closing a response early is how a stream is ended; there is nothing left to save.
      log.debug("the stream did not close", e);
    }
  }
}
