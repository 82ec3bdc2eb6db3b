package dev.mneme.model.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import ai.djl.huggingface.tokenizers.jni.TokenizersLibrary;
import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.MemoryBlock;
import java.io.IOException;
import java.lang.ref.Cleaner;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A Hugging Face {@code tokenizer.json}: text to ids by the authors' own Rust library, ids to text
 * here, so that streaming needs no native call.
 *
 * <p>Thread-safe and immutable. Owns a native handle: the caller closes it; {@link #encode} after
 * {@link #close} is an {@link IllegalStateException}. Nothing is ever fetched over a network.
 */
public final class Tokenizer implements AutoCloseable {
  private static final Cleaner CLEANER = Cleaner.create();
  private static final Pattern MARKER = Pattern.compile("[<\\[].+[>\\]]", Pattern.DOTALL);

  private final TokenizersLibrary library;
  private final Handle handle;
  private final Cleaner.Cleanable cleanable;
  private final String[] tokens;
  private final byte[][] bytes;
  private final boolean[] special;
  private final Map<String, Integer> ids;
  private final Map<String, Integer> addedIds;
  private final Pattern markers;
  private final Pattern markersExceptMemory;
  private final boolean stripsFirstSpace;
  private final String contentHash;

  /** The native tokenizer, freed once. */
  private static final class Handle implements Runnable {
    private final TokenizersLibrary library;
    private long address;

    Handle(TokenizersLibrary library, long address) {
      this.library = library;
      this.address = address;
    }

    @Override
    public synchronized void run() {
      if (address != 0) {
        library.deleteTokenizer(address);
        address = 0;
      }
    }
  }

  /**
   * Opens {@code dir/tokenizer.json}.
   *
   * @throws TextFormatException when it is missing or not a tokenizer
   */
  @MustBeClosed
  public static Tokenizer open(Path dir) {
    Path file = dir.resolve("tokenizer.json");
    try {
      return new Tokenizer(file.toString(), Files.readString(file, UTF_8));
    } catch (NoSuchFileException e) {
      throw new TextFormatException(
          dir
              + " has no tokenizer.json; a model's folder holds config.json, model.safetensors,"
              + " tokenizer.json and tokenizer_config.json",
          e);
    } catch (IOException e) {
      throw new TextFormatException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /**
   * Opens the text of a {@code tokenizer.json}.
   *
   * @param name what messages call it
   */
  @MustBeClosed
  public static Tokenizer of(String name, String json) {
    return new Tokenizer(name, json);
  }

  @MustBeClosed
  private Tokenizer(String name, String json) {
    JsonNode root;
    try {
      root = Json.mapper().readTree(json);
    } catch (JacksonException e) {
      throw new TextFormatException(name + " is not JSON: " + e.getOriginalMessage(), e);
    }
    JsonNode vocabulary = root.path("model").path("vocab");
    if (!vocabulary.isObject()) {
      throw new TextFormatException(
          name + " has no model.vocab object: only BPE and WordPiece vocabularies are read here");
    }
    ids = new HashMap<>(2 * vocabulary.size());
    int highest = -1;
    for (var each : vocabulary.properties()) {
      ids.put(each.getKey(), each.getValue().asInt());
      highest = Math.max(highest, each.getValue().asInt());
    }
    addedIds = new HashMap<>();
    for (JsonNode each : root.path("added_tokens")) {
      addedIds.put(each.path("content").asString(), each.path("id").asInt());
      highest = Math.max(highest, each.path("id").asInt());
    }
    tokens = new String[highest + 1];
    bytes = new byte[highest + 1][];
    special = new boolean[highest + 1];
    boolean byteLevel = hasType(root.path("decoder"), "ByteLevel");
    ids.forEach(
        (token, id) -> {
          tokens[id] = token;
          bytes[id] = byteLevel ? byteLevel(token) : sentencePiece(token);
        });
    var forgeable = new ArrayList<String>();
    for (JsonNode each : root.path("added_tokens")) {
      String token = each.path("content").asString();
      int id = each.path("id").asInt();
      tokens[id] = token;
      bytes[id] = token.getBytes(UTF_8);
      special[id] = each.path("special").asBoolean();
      ids.put(token, id);
      if (special[id] || MARKER.matcher(token).matches()) {
        forgeable.add(token);
      }
    }
    for (int id = 0; id < tokens.length; id++) {
      if (tokens[id] == null) {
        tokens[id] = "";
        bytes[id] = new byte[0];
      }
    }
    markers = alternation(forgeable);
    forgeable.remove(MemoryBlock.OPEN);
    forgeable.remove(MemoryBlock.CLOSE);
    markersExceptMemory = alternation(forgeable);
    stripsFirstSpace = !byteLevel && hasType(root.path("decoder"), "Strip");
    contentHash = Hashes.sha256(json);
    library = NativeTokenizers.library();
    long address;
    try {
      address = library.createTokenizerFromString(json);
    } catch (RuntimeException e) {
      throw new TextFormatException(name + " is not a tokenizer: " + e.getMessage(), e);
    }
    handle = new Handle(library, address);
    cleanable = CLEANER.register(this, handle);
  }

  /**
   * The ids of a text in which special tokens count as such; only for text we wrote ourselves, or
   * after {@link #neutralize}.
   */
  public int[] encode(String text) {
    if (text.isEmpty()) {
      return new int[0];
    }
    long[] wide;
    // The lock keeps close() from freeing the native tokenizer in the middle of a call. It is not
    // contended in practice: a request encodes once, and takes microseconds.
    synchronized (handle) {
      if (handle.address == 0) {
        throw new IllegalStateException("the tokenizer is closed");
      }
      long encoding = library.encode(handle.address, wellFormed(text), false);
      try {
        wide = library.getTokenIds(encoding);
      } finally {
        library.deleteEncoding(encoding);
      }
    }
    int[] narrow = new int[wide.length];
    for (int i = 0; i < narrow.length; i++) {
      narrow[i] = (int) wide[i];
    }
    return narrow;
  }

  /** The text of the ids, special tokens left out. */
  public String decode(int... tokenIds) {
    return decode(tokenIds, false);
  }

  /** The text of the ids. */
  public String decode(int[] tokenIds, boolean keepSpecial) {
    var detokenizer = new Detokenizer(this, keepSpecial);
    var text = new StringBuilder();
    for (int id : tokenIds) {
      text.append(detokenizer.append(id));
    }
    return text.append(detokenizer.finish()).toString();
  }

  /** A decoder for one reply as it is generated; special tokens are left out. */
  public Detokenizer detokenizer() {
    return new Detokenizer(this, false);
  }

  /**
   * The text with every special token of this vocabulary broken by a space after its first
   * character, so that encoding it can only give ordinary tokens.
   */
  public String neutralize(String text) {
    return neutralize(text, markers);
  }

  /** As {@link #neutralize}, but a memory block's own two markers stay: the agent wrote them. */
  String neutralizeExceptMemory(String text) {
    return neutralize(text, markersExceptMemory);
  }

  private static String neutralize(String text, Pattern pattern) {
    String result = text;
    // Breaking one marker may complete another only in a contrived vocabulary; hence the loop, and
    // its bound.
    for (int round = 0; round < 8; round++) {
      var matcher = pattern.matcher(result);
      if (!matcher.find()) {
        return result;
      }
      result =
          matcher.replaceAll(
              m -> {
                int first = m.group().offsetByCodePoints(0, 1);
                return java.util.regex.Matcher.quoteReplacement(
                    m.group().substring(0, first) + " " + m.group().substring(first));
              });
    }
    throw new IllegalArgumentException("a text of special tokens that cannot be broken apart");
  }

  /** How many ids there are; the model's vocabulary may be padded beyond it. */
  public int size() {
    return tokens.length;
  }

  /** The id of a token as the vocabulary spells it. */
  public OptionalInt id(String token) {
    Integer id = ids.get(token);
    return id == null ? OptionalInt.empty() : OptionalInt.of(id);
  }

  /** How the vocabulary spells an id. */
  public String token(int id) {
    return tokens[check(id)];
  }

  /** True for control tokens, which are never part of a text. */
  public boolean isSpecial(int id) {
    return special[check(id)];
  }

  /** SHA-256 of tokenizer.json. */
  public String contentHash() {
    return contentHash;
  }

  byte[] bytes(int id) {
    return requireNonNull(bytes[check(id)]);
  }

  boolean stripsFirstSpace() {
    return stripsFirstSpace;
  }

  /** The added tokens, each with its id. */
  Map<String, Integer> addedTokens() {
    return Map.copyOf(addedIds);
  }

  @Override
  public void close() {
    cleanable.clean();
  }

  private int check(int id) {
    if (id < 0 || id >= tokens.length) {
      throw new IllegalArgumentException(
          "token id " + id + " is not in the vocabulary of " + tokens.length);
    }
    return id;
  }

  /** Unpaired surrogates cannot be encoded as UTF-8: each becomes U+FFFD. */
  private static String wellFormed(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (Character.isHighSurrogate(c)
          && i + 1 < text.length()
          && Character.isLowSurrogate(text.charAt(i + 1))) {
        i++;
      } else if (Character.isSurrogate(c)) {
        // new String(...) writes '?' for these; U+FFFD says what happened.
        var fixed = new StringBuilder(text.length());
        text.codePoints()
            .forEach(
                p ->
                    fixed.appendCodePoint(
                        p >= Character.MIN_SURROGATE && p <= Character.MAX_SURROGATE ? 0xFFFD : p));
        return fixed.toString();
      }
    }
    return text;
  }

  private static byte[] byteLevel(String token) {
    byte @Nullable [] raw = ByteAlphabet.bytesOf(token);
    return raw == null ? token.getBytes(UTF_8) : raw;
  }

  /** SentencePiece spelling: U+2581 for a space, {@code <0x0A>} for a byte. */
  private static byte[] sentencePiece(String token) {
    if (token.length() == 6 && token.startsWith("<0x") && token.endsWith(">")) {
      return HexFormat.of().parseHex(token.substring(3, 5));
    }
    return token.replace('\u2581', ' ').getBytes(UTF_8);
  }

  private static boolean hasType(JsonNode node, String type) {
    if (node.path("type").asString("").equals(type)) {
      return true;
    }
    for (JsonNode each : node.path("decoders")) {
      if (hasType(each, type)) {
        return true;
      }
    }
    return false;
  }

  private static Pattern alternation(List<String> texts) {
    if (texts.isEmpty()) {
      return Pattern.compile("(?!)");
    }
    String[] quoted =
        texts.stream()
            .sorted(Comparator.comparingInt(String::length).reversed())
            .map(Pattern::quote)
            .toArray(String[]::new);
    return Pattern.compile(String.join("|", Arrays.asList(quoted)));
  }
}
