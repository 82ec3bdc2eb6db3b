package dev.mneme.ltm;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import java.time.Instant;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;

/**
 * One line of the journal: {@code {"seq":7,"crc":"1c291ca3","body":{"at":...,"change":{...}}}}. The
 * CRC-32C covers number and body; a sealed body is a Base64 string.
 *
 * @param seq the change's number
 * @param at when it was made
 * @param change what was made
 */
record JournalEntry(long seq, Instant at, Change change) {
  private static final String SEQ = "{\"seq\":";
  private static final String CRC = ",\"crc\":\"";
  private static final String BODY = "\",\"body\":";

  private record Body(Instant at, Change change) {}

  /** A line whose checksum holds; its body is not parsed yet. */
  record Line(long seq, String body) {
    /** Null for a body that does not open with this vault or is not an entry. */
    @Nullable JournalEntry entry(Vault vault) {
      String text = body;
      if (vault.sealed()) {
        text =
            body.length() > 2 && body.startsWith("\"")
                ? vault.unseal(body.substring(1, body.length() - 1))
                : null;
      }
      if (text == null) {
        return null;
      }
      try {
        Body parsed = Json.mapper().readValue(text, Body.class);
        return new JournalEntry(seq, parsed.at(), parsed.change());
      } catch (JacksonException e) {
        return null;
      }
    }
  }

  /** The line without its newline. */
  String line(Vault vault) {
    String body = Json.mapper().writeValueAsString(new Body(at, change));
    if (vault.sealed()) {
      body = "\"" + vault.seal(body) + "\"";
    }
    return SEQ + seq + CRC + crc(seq, body) + BODY + body + "}";
  }

  /** Null for a line that is not whole. */
  static @Nullable Line check(String line) {
    int crc = line.indexOf(CRC);
    if (!line.startsWith(SEQ) || crc < 0 || !line.endsWith("}")) {
      return null;
    }
    int sum = crc + CRC.length();
    if (!line.startsWith(BODY, sum + 8)) {
      return null;
    }
    long seq;
    try {
      seq = Long.parseLong(line, SEQ.length(), crc, 10);
    } catch (NumberFormatException e) {
      return null;
    }
    String body = line.substring(sum + 8 + BODY.length(), line.length() - 1);
    return crc(seq, body).equals(line.substring(sum, sum + 8)) ? new Line(seq, body) : null;
  }

  private static String crc(long seq, String body) {
    var crc = new CRC32C();
    crc.update(Long.toString(seq).getBytes(UTF_8));
    crc.update(body.getBytes(UTF_8));
    String hex = Long.toHexString(crc.getValue());
    return "0".repeat(8 - hex.length()) + hex;
  }
}
