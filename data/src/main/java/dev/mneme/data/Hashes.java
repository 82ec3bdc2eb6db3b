package dev.mneme.data;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;

/** Content hashes: SHA-256 in lower-case hex. */
public final class Hashes {
  private Hashes() {}

  /** SHA-256 of the parts, each prefixed by its length so that ("ab","c") and ("a","bc") differ. */
  public static String sha256(String... parts) {
    MessageDigest digest = newSha256();
    for (String part : parts) {
      byte[] bytes = part.getBytes(UTF_8);
      digest.update((bytes.length + ":").getBytes(UTF_8));
      digest.update(bytes);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  /**
   * A seed for one purpose, derived from a parent seed: never share a generator across purposes.
   */
  public static long subSeed(long seed, String... purpose) {
    String hash = sha256(seed + "", String.join("\u0000", purpose));
    return Long.parseUnsignedLong(hash.substring(0, 16), 16);
  }

  public static MessageDigest newSha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java platform has SHA-256", e);
    }
  }
}
