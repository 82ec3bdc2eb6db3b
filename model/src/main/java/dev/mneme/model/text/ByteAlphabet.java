package dev.mneme.model.text;

import org.jspecify.annotations.Nullable;

/**
 * GPT-2's bijection between bytes and printable characters, in which byte-level vocabularies are
 * written: printable Latin-1 stands for itself, the other 68 bytes for U+0100 onwards, so that no
 * token contains a space or a control character.
 */
final class ByteAlphabet {
  private static final char[] CHAR_OF_BYTE = new char[256];
  private static final short[] BYTE_OF_CHAR = new short[256 + 68];

  static {
    java.util.Arrays.fill(BYTE_OF_CHAR, (short) -1);
    int next = 256;
    for (int b = 0; b < 256; b++) {
      boolean itself = (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || b >= 0xAE;
      char c = (char) (itself ? b : next++);
      CHAR_OF_BYTE[b] = c;
      BYTE_OF_CHAR[c] = (short) b;
    }
  }

  private ByteAlphabet() {}

  static char charOf(int unsignedByte) {
    return CHAR_OF_BYTE[unsignedByte];
  }

  /** The bytes a token stands for; null when it has a character outside the alphabet. */
  static byte @Nullable [] bytesOf(String token) {
    byte[] bytes = new byte[token.length()];
    for (int i = 0; i < bytes.length; i++) {
      char c = token.charAt(i);
      if (c >= BYTE_OF_CHAR.length || BYTE_OF_CHAR[c] < 0) {
        return null;
      }
      bytes[i] = (byte) BYTE_OF_CHAR[c];
    }
    return bytes;
  }

  static String textOf(byte[] bytes) {
    char[] chars = new char[bytes.length];
    for (int i = 0; i < chars.length; i++) {
      chars[i] = CHAR_OF_BYTE[bytes[i] & 0xFF];
    }
    return new String(chars);
  }
}
