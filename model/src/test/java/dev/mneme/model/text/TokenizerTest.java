package dev.mneme.model.text;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.mneme.data.Json;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerTest {
  private static Tokenizer tokenizer;

  @BeforeAll
  @SuppressWarnings("MustBeClosedChecker") // closed below
  static void open() {
    tokenizer = Tokenizers.open();
  }

  @AfterAll
  static void close() {
    tokenizer.close();
  }

  @Test
  void everyUtf8StringRoundTrips() {
    long seed = 20261122;
    var random = new SplittableRandom(seed);
    String[] pieces = {
      "the",
      " garden",
      "\n",
      "\r\n",
      "  ",
      "\t",
      "\u0000",
      "\u007f",
      "12",
      "'s",
      "é",
      "e\u0301",
      "ﬁ",
      "ß",
      "漢字",
      "한글",
      "👩‍👩‍👧‍👦",
      "🏳️‍🌈",
      "\u200d",
      "\u202e",
      "\ufeff",
      "\uffff",
      "\ud83d\ude00",
      "\u0300\u0301\u0302",
      "<",
      "|",
      ">",
      "{{",
      "%}",
      "\\",
      "\u00a0",
      "\u2028",
      "\u3000",
      "\u0085"
    };
    for (int round = 0; round < 3000; round++) {
      var text = new StringBuilder();
      int length = random.nextInt(30);
      for (int i = 0; i < length; i++) {
        if (random.nextInt(3) == 0) {
          int point;
          do {
            point = random.nextInt(0x110000);
          } while (point >= 0xD800 && point <= 0xDFFF);
          text.appendCodePoint(point);
        } else {
          text.append(pieces[random.nextInt(pieces.length)]);
        }
      }
      String given = text.toString();
      assertThat(tokenizer.decode(tokenizer.encode(given)))
          .as("seed %d round %d", seed, round)
          .isEqualTo(given);
    }
  }

  @Test
  void unpairedSurrogateBecomesTheReplacementCharacter() {
    assertThat(tokenizer.decode(tokenizer.encode("a\ud800b\udc00"))).isEqualTo("a\ufffdb\ufffd");
  }

  @Test
  void streamedPiecesNeverSplitACharacterAndJoinToTheWhole() {
    String text = "Grüße 👩‍👩‍👧‍👦 漢字 e\u0301 – fin";
    var detokenizer = tokenizer.detokenizer();
    var joined = new StringBuilder();
    for (int id : tokenizer.encode(text)) {
      String piece = detokenizer.append(id);
      assertThat(piece).doesNotContain("\ufffd");
      assertThat(piece.isEmpty() || !Character.isHighSurrogate(piece.charAt(piece.length() - 1)))
          .isTrue();
      joined.append(piece);
    }
    assertThat(joined.append(detokenizer.finish())).hasToString(text);
  }

  @Test
  void bytesThatAreNoCharacterComeOutAsOneReplacementEach() {
    var random = new SplittableRandom(7);
    for (int round = 0; round < 2000; round++) {
      byte[] bytes = new byte[random.nextInt(12)];
      random.nextBytes(bytes);
      int[] ids = new int[bytes.length];
      for (int i = 0; i < bytes.length; i++) {
        ids[i] = tokenizer.id(ByteAlphabet.textOf(new byte[] {bytes[i]})).orElseThrow();
      }
      assertThat(tokenizer.decode(ids)).isEqualTo(new String(bytes, UTF_8));
    }
  }

  @Test
  void unfinishedCharacterWaitsForItsRest() {
    byte[] face = "😀".getBytes(UTF_8);
    var detokenizer = tokenizer.detokenizer();
    for (int i = 0; i < 3; i++) {
      int id = tokenizer.id(ByteAlphabet.textOf(new byte[] {face[i]})).orElseThrow();
      assertThat(detokenizer.append(id)).isEmpty();
    }
    assertThat(detokenizer.finish()).isEqualTo("\ufffd");
  }

  @Test
  void digitsAreTokensOfTheirOwn() {
    List<String> tokens =
        Arrays.stream(tokenizer.encode("1234 + 42")).mapToObj(tokenizer::token).toList();
    assertThat(tokens).containsSubsequence("1", "2", "3", "4").containsSubsequence("4", "2");
  }

  @Test
  void specialTokensHaveTheLowestIdsAndAreLeftOutOfText() {
    assertThat(tokenizer.id(BpeTrainer.PAD)).hasValue(0);
    assertThat(tokenizer.id(BpeTrainer.TOOL_CALL_CLOSE)).hasValue(10);
    int[] ids = tokenizer.encode("<|user|>hi<|end|><tool_call>");
    assertThat(ids).startsWith(4).contains(2).endsWith(9);
    assertThat(tokenizer.decode(ids)).isEqualTo("hi<tool_call>");
    assertThat(tokenizer.decode(ids, true)).isEqualTo("<|user|>hi<|end|><tool_call>");
  }

  @Test
  void neutralizedTextHasNoMarkerIds() {
    var random = new SplittableRandom(11);
    String[] pieces = {
      "<|", "|>", "end", "user", "<", ">", "/", "memory", "tool_call", "<|end|>", " "
    };
    for (int round = 0; round < 3000; round++) {
      var text = new StringBuilder();
      for (int i = random.nextInt(12); i > 0; i--) {
        text.append(pieces[random.nextInt(pieces.length)]);
      }
      int[] ids = tokenizer.encode(tokenizer.neutralize(text.toString()));
      assertThat(Arrays.stream(ids).filter(id -> id <= 10)).as(text.toString()).isEmpty();
    }
    assertThat(tokenizer.neutralize("a < b | c")).isEqualTo("a < b | c");
  }

  @Test
  void trainingIsDeterministicWhateverTheOrder() {
    var texts = new ArrayList<String>();
    var random = new SplittableRandom(3);
    for (int i = 0; i < 200; i++) {
      texts.add("word" + random.nextInt(20) + " another thing " + random.nextInt(5) + " ünïcode");
    }
    var one = new BpeTrainer();
    texts.forEach(one::add);
    var other = new BpeTrainer();
    texts.reversed().forEach(other::add);
    assertThat(one.train(380)).isEqualTo(other.train(380));
  }

  @Test
  void frequentWordsBecomeOneTokenAndVocabularyHasNoDuplicates() {
    assertThat(tokenizer.encode(" the")).hasSize(1);
    var ids = new java.util.HashSet<String>();
    for (int id = 0; id < tokenizer.size(); id++) {
      assertThat(ids.add(tokenizer.token(id))).as(tokenizer.token(id)).isTrue();
    }
    assertThat(tokenizer.size()).isLessThanOrEqualTo(400);
  }

  @Test
  void writtenFolderOpensAgain(@TempDir Path dir) throws Exception {
    BpeTrainer.write(dir, Tokenizers.json(), "{{ 'x' }}", 512);
    try (Tokenizer read = Tokenizer.open(dir)) {
      assertThat(read.encode("the garden")).isEqualTo(tokenizer.encode("the garden"));
      assertThat(read.contentHash()).isEqualTo(tokenizer.contentHash());
    }
    var config = Json.mapper().readTree(Files.readString(dir.resolve("tokenizer_config.json")));
    assertThat(config.path("eos_token").asString()).isEqualTo("<|end|>");
  }

  @Test
  void sentencePieceSpellingIsReadToo() {
    String json =
        """
        {"added_tokens": [{"id": 0, "content": "</s>", "special": true, "single_word": false,
          "lstrip": false, "rstrip": false, "normalized": false}],
         "decoder": {"type": "Sequence", "decoders": [
           {"type": "Replace", "pattern": {"String": "\\u2581"}, "content": " "},
           {"type": "ByteFallback"}, {"type": "Fuse"},
           {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
         "model": {"type": "BPE", "byte_fallback": true, "vocab":
           {"</s>": 0, "\\u2581a": 1, "<0xC3>": 2, "<0xA9>": 3, "\\u2581": 4, "a": 5},
           "merges": ["\\u2581 a"]}}
        """;
    try (Tokenizer t = Tokenizer.of("sentencepiece", json)) {
      assertThat(t.decode(1, 1, 2, 3)).isEqualTo("a aé");
    }
  }

  private static void openAndClose(Path dir) {
    try (Tokenizer t = Tokenizer.open(dir)) {
      assertThat(t).isNotNull();
    }
  }

  @Test
  @SuppressWarnings("MustBeClosedChecker") // none of these opens
  void badFilesAndIdsAreNamed(@TempDir Path dir) throws Exception {
    assertThatThrownBy(() -> openAndClose(dir))
        .isInstanceOf(TextFormatException.class)
        .hasMessageContaining("tokenizer.json");
    Files.writeString(dir.resolve("tokenizer.json"), "{\"model\": ");
    assertThatThrownBy(() -> openAndClose(dir)).hasMessageContaining("is not JSON");
    Files.writeString(dir.resolve("tokenizer.json"), "{\"model\": {\"vocab\": {\"a\": 0}}}");
    assertThatThrownBy(() -> openAndClose(dir))
        .isInstanceOf(TextFormatException.class)
        .hasMessageContaining("is not a tokenizer");
    assertThatThrownBy(() -> tokenizer.token(5000))
        .hasMessage("token id 5000 is not in the vocabulary of " + tokenizer.size());
  }
}
