package dev.mneme.model.text;

import static java.nio.charset.StandardCharsets.UTF_8;

import dev.mneme.data.Json;
import dev.mneme.data.MemoryBlock;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Learns a byte-level BPE vocabulary (Sennrich et al. 2016; bytes as in GPT-2) and writes it as
 * {@code tokenizer.json} and {@code tokenizer_config.json}.
 *
 * <p>Words are counted once, then the most frequent adjacent pair becomes a token, again and again;
 * each merge touches only the words that contain the pair. Ties go to the pair of lower ids, so
 * texts and size decide the vocabulary whatever the order of the texts or the hash seed.
 *
 * <p>Every digit is a token of its own: a model that sees 27 as one symbol cannot carry the one.
 *
 * <p>One thread at a time.
 */
public final class BpeTrainer {
  public static final String PAD = "<|pad|>";
  public static final String BOS = "<|bos|>";
  public static final String END = "<|end|>";
  public static final String TOOL_CALL_OPEN = "<tool_call>";
  public static final String TOOL_CALL_CLOSE = "</tool_call>";

  /** Ids 0 to 6: who speaks, and where a message ends. */
  static final List<String> SPECIAL =
      List.of(PAD, BOS, END, "<|system|>", "<|user|>", "<|assistant|>", "<|tool|>");

  /** Ids 7 to 10: marks inside a message, part of its text. */
  static final List<String> MARKS =
      List.of(MemoryBlock.OPEN, MemoryBlock.CLOSE, TOOL_CALL_OPEN, TOOL_CALL_CLOSE);

  private static final int BYTES_AT = SPECIAL.size() + MARKS.size();
  private static final int SMALLEST = BYTES_AT + 256;

  /**
   * Where merges may not cross: contractions, words with the space before them, single digits, runs
   * of punctuation, line ends, spaces. The same text goes into tokenizer.json, where Oniguruma
   * reads it; it keeps to what both engines understand alike.
   */
  static final String SPLIT =
      "'(?:s|t|re|ve|m|ll|d)(?!\\p{L})| ?\\p{L}[\\p{L}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+"
          + "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

  private static final Pattern WORDS = Pattern.compile(SPLIT, Pattern.UNICODE_CHARACTER_CLASS);
  private static final Pattern MARKERS = Pattern.compile("<\\|[a-z]+\\|>|</?(?:memory|tool_call)>");

  private final Map<String, long[]> counts = new HashMap<>();

  /** Counts the words of a text; special tokens in it are left out. */
  public void add(String text) {
    for (String part : MARKERS.split(text)) {
      Matcher words = WORDS.matcher(part);
      while (words.find()) {
        counts.computeIfAbsent(words.group(), w -> new long[1])[0]++;
      }
    }
  }

  /** How many different words there are so far. */
  public int words() {
    return counts.size();
  }

  /**
   * Learns merges and returns the text of {@code tokenizer.json}.
   *
   * @param size entries of the vocabulary, special tokens and bytes included; fewer come out where
   *     no pair occurs twice any more
   */
  public String train(int size) {
    if (size < SMALLEST || size > 1 << 20) {
      throw new IllegalArgumentException(
          "a vocabulary must have " + SMALLEST + " to 1048576 entries, got " + size);
    }
    return new Merging(counts, size).toJson();
  }

  /** Writes {@code tokenizer.json} and {@code tokenizer_config.json} into a folder. */
  public static void write(Path dir, String tokenizerJson, String chatTemplate, int contextTokens) {
    try {
      Files.createDirectories(dir);
      Files.writeString(dir.resolve("tokenizer.json"), tokenizerJson, UTF_8);
      Files.writeString(
          dir.resolve("tokenizer_config.json"),
          Json.mapper()
                  .writerWithDefaultPrettyPrinter()
                  .writeValueAsString(config(chatTemplate, contextTokens))
              + "\n",
          UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot write the tokenizer into " + dir, e);
    }
  }

  private static Map<String, Object> config(String chatTemplate, int contextTokens) {
    var config = new LinkedHashMap<String, Object>();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    config.put("model_max_length", contextTokens);
    config.put("bos_token", BOS);
    config.put("eos_token", END);
    config.put("pad_token", PAD);
    config.put("clean_up_tokenization_spaces", false);
    var decoder = new LinkedHashMap<String, Object>();
    for (int id = 0; id < BYTES_AT; id++) {
      Map<String, Object> added = addedToken(id);
      added.remove("id");
      decoder.put(Integer.toString(id), added);
    }
    config.put("added_tokens_decoder", decoder);
    config.put("chat_template", chatTemplate);
    return config;
  }

  private static Map<String, Object> addedToken(int id) {
    var token = new LinkedHashMap<String, Object>();
    boolean special = id < SPECIAL.size();
    token.put("id", id);
    token.put("content", special ? SPECIAL.get(id) : MARKS.get(id - SPECIAL.size()));
    token.put("single_word", false);
    token.put("lstrip", false);
    token.put("rstrip", false);
    token.put("normalized", false);
    token.put("special", special);
    return token;
  }

  /** One run: the words as id sequences, the pairs with their counts, the merges so far. */
  private static final class Merging {
    private record Pair(int left, int right) {}

    /** A pair with the count it had when queued; out of date when the count has changed since. */
    private record Candidate(Pair pair, long count) implements Comparable<Candidate> {
      @Override
      public int compareTo(Candidate other) {
        if (count != other.count) {
          return Long.compare(other.count, count);
        }
        return pair.left != other.pair.left
            ? Integer.compare(pair.left, other.pair.left)
            : Integer.compare(pair.right, other.pair.right);
      }
    }

    private final int[][] words;
    private final long[] wordCounts;
    private final Map<Pair, Long> pairCounts = new HashMap<>();
    private final Map<Pair, IntList> pairWords = new HashMap<>();
    private final PriorityQueue<Candidate> queue = new PriorityQueue<>();
    private final List<byte[]> tokens = new ArrayList<>();

    /** Two different pairs may spell the same bytes: the second reuses the first one's token. */
    private final Map<String, Integer> idOfText = new HashMap<>();

    private final List<Pair> merges = new ArrayList<>();

    Merging(Map<String, long[]> counts, int size) {
      words = new int[counts.size()][];
      wordCounts = new long[counts.size()];
      for (int b = 0; b < 256; b++) {
        addToken(new byte[] {(byte) b});
      }
      int w = 0;
      for (var each : counts.entrySet()) {
        byte[] utf8 = each.getKey().getBytes(UTF_8);
        words[w] = new int[utf8.length];
        for (int i = 0; i < utf8.length; i++) {
          words[w][i] = utf8[i] & 0xFF;
        }
        wordCounts[w] = each.getValue()[0];
        countPairs(w);
        w++;
      }
      pairCounts.forEach((pair, count) -> queue.add(new Candidate(pair, count)));
      while (tokens.size() < size - BYTES_AT) {
        Candidate best = queue.poll();
        if (best == null || best.count < 2) {
          break;
        }
        long now = pairCounts.getOrDefault(best.pair, 0L);
        if (now != best.count) {
          if (now > 0) {
            queue.add(new Candidate(best.pair, now));
          }
          continue;
        }
        merge(best.pair);
      }
    }

    private void countPairs(int w) {
      int[] word = words[w];
      for (int i = 0; i + 1 < word.length; i++) {
        var pair = new Pair(word[i], word[i + 1]);
        pairCounts.merge(pair, wordCounts[w], Long::sum);
        pairWords.computeIfAbsent(pair, p -> new IntList()).add(w);
      }
    }

    private void merge(Pair pair) {
      byte[] left = tokens.get(pair.left);
      byte[] right = tokens.get(pair.right);
      byte[] joined = Arrays.copyOf(left, left.length + right.length);
      System.arraycopy(right, 0, joined, left.length, right.length);
      int id = addToken(joined);
      merges.add(pair);
      var changed = new HashMap<Pair, Boolean>();
      IntList affected = pairWords.remove(pair);
      for (int k = 0; affected != null && k < affected.size; k++) {
        int w = affected.items[k];
        int[] before = words[w];
        int[] after = replace(before, pair, id);
        if (after.length == before.length) {
          continue; // queued twice, or an earlier merge took the pair apart
        }
        for (int i = 0; i + 1 < before.length; i++) {
          var old = new Pair(before[i], before[i + 1]);
          pairCounts.merge(old, -wordCounts[w], Long::sum);
        }
        words[w] = after;
        for (int i = 0; i + 1 < after.length; i++) {
          var now = new Pair(after[i], after[i + 1]);
          pairCounts.merge(now, wordCounts[w], Long::sum);
          if (after[i] == id || after[i + 1] == id) {
            pairWords.computeIfAbsent(now, p -> new IntList()).add(w);
            changed.put(now, true);
          }
        }
      }
      pairCounts.remove(pair);
      for (Pair each : changed.keySet()) {
        queue.add(new Candidate(each, pairCounts.getOrDefault(each, 0L)));
      }
    }

    private int addToken(byte[] bytes) {
      Integer known = idOfText.putIfAbsent(ByteAlphabet.textOf(bytes), tokens.size());
      if (known != null) {
        return known;
      }
      tokens.add(bytes);
      return tokens.size() - 1;
    }

    private static int[] replace(int[] word, Pair pair, int id) {
      int[] out = new int[word.length];
      int length = 0;
      for (int i = 0; i < word.length; i++) {
        if (i + 1 < word.length && word[i] == pair.left && word[i + 1] == pair.right) {
          out[length++] = id;
          i++;
        } else {
          out[length++] = word[i];
        }
      }
      return Arrays.copyOf(out, length);
    }

    String toJson() {
      var vocabulary = new LinkedHashMap<String, Object>();
      var added = new ArrayList<Map<String, Object>>();
      for (int id = 0; id < BYTES_AT; id++) {
        added.add(addedToken(id));
        // In the vocabulary too, so that their ids come first: the library numbers an added token
        // that the model does not have after the vocabulary.
        vocabulary.put((String) addedToken(id).get("content"), id);
      }
      for (int t = 0; t < tokens.size(); t++) {
        vocabulary.put(ByteAlphabet.textOf(tokens.get(t)), BYTES_AT + t);
      }
      var rules = new ArrayList<String>();
      for (Pair each : merges) {
        rules.add(
            ByteAlphabet.textOf(tokens.get(each.left))
                + " "
                + ByteAlphabet.textOf(tokens.get(each.right)));
      }
      var root = new LinkedHashMap<String, Object>();
      root.put("version", "1.0");
      root.put("truncation", null);
      root.put("padding", null);
      root.put("added_tokens", added);
      root.put("normalizer", null);
      root.put(
          "pre_tokenizer",
          ordered(
              "type",
              "Sequence",
              "pretokenizers",
              List.of(
                  ordered(
                      "type",
                      "Split",
                      "pattern",
                      ordered("Regex", SPLIT),
                      "behavior",
                      "Isolated",
                      "invert",
                      false),
                  byteLevel())));
      root.put("post_processor", null);
      root.put("decoder", byteLevel());
      root.put(
          "model",
          ordered(
              "type",
              "BPE",
              "dropout",
              null,
              "unk_token",
              null,
              "continuing_subword_prefix",
              null,
              "end_of_word_suffix",
              null,
              "fuse_unk",
              false,
              "byte_fallback",
              false,
              "ignore_merges",
              false,
              "vocab",
              vocabulary,
              "merges",
              rules));
      return Json.mapper().writerWithDefaultPrettyPrinter().writeValueAsString(root) + "\n";
    }

    private static Map<String, Object> byteLevel() {
      return ordered(
          "type",
          "ByteLevel",
          "add_prefix_space",
          false,
          "trim_offsets",
          false,
          "use_regex",
          false);
    }

    private static Map<String, Object> ordered(@org.jspecify.annotations.Nullable Object... pairs) {
      var map = new LinkedHashMap<String, Object>();
      for (int i = 0; i < pairs.length; i += 2) {
        map.put((String) java.util.Objects.requireNonNull(pairs[i]), pairs[i + 1]);
      }
      return map;
    }
  }

  private static final class IntList {
    private int[] items = new int[4];
    private int size;

    void add(int item) {
      if (size > 0 && items[size - 1] == item) {
        return;
      }
      if (size == items.length) {
        items = Arrays.copyOf(items, 2 * size);
      }
      items[size++] = item;
    }
  }
}
