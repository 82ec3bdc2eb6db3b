package dev.mneme.model;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.errorprone.annotations.MustBeClosed;
import dev.mneme.data.Hashes;
import dev.mneme.data.Json;
import dev.mneme.data.Message;
import dev.mneme.data.Sampling;
import dev.mneme.data.ToolSpec;
import dev.mneme.model.checkpoint.CheckpointException;
import dev.mneme.model.generate.Generation;
import dev.mneme.model.generate.Scheduler;
import dev.mneme.model.serve.CpuDecoder;
import dev.mneme.model.serve.Decoder;
import dev.mneme.model.serve.Precision;
import dev.mneme.model.serve.Prefill;
import dev.mneme.model.serve.Sequence;
import dev.mneme.model.serve.TextEmbedding;
import dev.mneme.model.text.ChatTemplate;
import dev.mneme.model.text.TextFormatException;
import dev.mneme.model.text.Tokenizer;
import dev.mneme.model.text.ToolCalls;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import tools.jackson.core.JacksonException;
import tools.jackson.databind.JsonNode;

/**
 * A checkpoint folder that talks: tokenizer, chat template, decoder and the scheduler that lets
 * many callers share it.
 *
 * <p>Thread-safe: any number of threads may generate at once; their sequences are decoded together.
 * A reply depends on its own request only, never on who else is being served. Owns native memory:
 * the caller closes.
 */
public final class LanguageModel implements AutoCloseable {
  /** Logits held at once when a whole text is scored: 64 MB. */
  private static final long LOGITS_AT_ONCE = 1L << 24;

  private final Path folder;
  private final Decoder decoder;
  private final Tokenizer tokenizer;
  private final ChatTemplate template;
  private final Scheduler scheduler;
  private @Nullable String contentHash;
  private volatile @Nullable Counted counted;

  /** A prompt that was counted and is, as a rule, sent next. */
  @SuppressWarnings("ArrayRecordComponent") // only ever read, never compared
  private record Counted(List<Message> messages, List<ToolSpec> tools, int[] ids) {
    boolean is(List<Message> otherMessages, List<ToolSpec> otherTools) {
      return messages.equals(otherMessages) && tools.equals(otherTools);
    }
  }

  private LanguageModel(
      Path folder,
      Decoder decoder,
      Tokenizer tokenizer,
      ChatTemplate template,
      Scheduler scheduler) {
    this.folder = folder;
    this.decoder = decoder;
    this.tokenizer = tokenizer;
    this.template = template;
    this.scheduler = scheduler;
  }

  /**
   * How a model is served.
   *
   * @param precision how the weights are kept
   * @param prefill how prompts are multiplied; {@link Prefill#INVARIANT} makes a reply a function
   *     of its request alone, whatever the prefix cache kept
   * @param threads threads of the decoder
   * @param maxBatch sequences decoded together; more callers wait their turn
   * @param prefixCacheTokens tokens of finished prompts kept to be continued; 0 switches it off
   * @param clock what a template that prints today's date reads, and what times are taken with
   */
  public record Options(
      Precision precision,
      Prefill prefill,
      int threads,
      int maxBatch,
      int prefixCacheTokens,
      InstantSource clock) {
    /**
     * bf16 on all processors, replies a function of their requests, sixteen together, a prefix
     * cache of 16,384 tokens.
     */
    public static Options defaults(InstantSource clock) {
      return new Options(
          Precision.BF16,
          Prefill.INVARIANT,
          Runtime.getRuntime().availableProcessors(),
          16,
          16_384,
          clock);
    }
  }

  /**
   * Has the code that reads a prompt compiled. Worth a thread of its own at the very start of a
   * program whose user waits for a first reply; never necessary.
   */
  public static void prepare() {
    CpuDecoder.warmUp();
  }

  /**
   * Opens a folder with config.json, model.safetensors, tokenizer.json and tokenizer_config.json.
   *
   * @throws CheckpointException when the weights cannot be read
   * @throws TextFormatException when tokenizer or template cannot be read
   */
  @MustBeClosed
  @SuppressWarnings("MustBeClosedChecker") // all parts are closed with the model, or on failure
  public static LanguageModel open(Path folder, Options options) {
    // Weights and tokenizer load side by side: each takes a few tenths of a second, and a person
    // is waiting for the first token.
    CompletableFuture<Decoder> loading =
        CompletableFuture.supplyAsync(
            () ->
                CpuDecoder.open(folder, options.precision(), options.prefill(), options.threads()));
    Tokenizer tokenizer = null;
    try {
      tokenizer = Tokenizer.open(folder);
      ChatTemplate template = ChatTemplate.open(folder, tokenizer, options.clock());
      Decoder decoder = loading.join();
      if (tokenizer.size() > decoder.config().vocabSize()) {
        throw new TextFormatException(
            folder
                + ": the tokenizer has "
                + tokenizer.size()
                + " entries and the model "
                + decoder.config().vocabSize()
                + "; expected at most as many");
      }
      var scheduler =
          new Scheduler(
              decoder,
              tokenizer,
              endIds(folder, decoder.config(), template),
              options.maxBatch(),
              options.prefixCacheTokens(),
              options.clock());
      return new LanguageModel(folder, decoder, tokenizer, template, scheduler);
    } catch (RuntimeException | Error e) {
      if (tokenizer != null) {
        tokenizer.close();
      }
      // Nothing half-loaded stays: wait for the weights, then free them.
      Decoder loaded = loading.exceptionally(failed -> null).join();
      if (loaded != null) {
        loaded.close();
      }
      if (e instanceof CompletionException && e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** What ends a reply, by the config, the template and generation_config.json together. */
  private static Set<Integer> endIds(Path folder, ModelConfig config, ChatTemplate template) {
    var ids = new HashSet<>(config.eosTokenIds());
    if (template.endId() >= 0) {
      ids.add(template.endId());
    }
    Path file = folder.resolve("generation_config.json");
    if (Files.exists(file)) {
      try {
        JsonNode end = Json.mapper().readTree(Files.readString(file, UTF_8)).path("eos_token_id");
        if (end.isArray()) {
          end.forEach(each -> ids.add(each.asInt()));
        } else if (end.isInt()) {
          ids.add(end.asInt());
        }
      } catch (IOException | JacksonException e) {
        throw new TextFormatException(file + ": cannot be read: " + e.getMessage(), e);
      }
    }
    return ids;
  }

  /**
   * Generates one reply; blocks until it is done.
   *
   * @param onText receives the text in pieces, on the calling thread; never a split character and
   *     never the beginning of a stop string that turns out to be one
   * @param cancelled asked between tokens, on another thread; true ends the reply, what came is
   *     kept
   * @throws IllegalArgumentException when the prompt leaves no room in the context or the template
   *     refuses the messages
   */
  public Generation generate(
      List<Message> messages,
      List<ToolSpec> tools,
      Sampling sampling,
      Consumer<String> onText,
      BooleanSupplier cancelled) {
    return generate(messages, tools, sampling, false, onText, cancelled);
  }

  /**
   * As {@link #generate(List, List, Sampling, Consumer, BooleanSupplier)}.
   *
   * @param logProbs whether to report each token's log-probability
   */
  public Generation generate(
      List<Message> messages,
      List<ToolSpec> tools,
      Sampling sampling,
      boolean logProbs,
      Consumer<String> onText,
      BooleanSupplier cancelled) {
    Counted known = counted;
    counted = null; // once: a template may print the time
    int[] prompt =
        known != null && known.is(messages, tools)
            ? known.ids()
            : template.prompt(messages, tools).ids();
    Scheduler.Result result = scheduler.generate(prompt, sampling, logProbs, onText, cancelled);
    int earlierCalls = messages.stream().mapToInt(each -> each.toolCalls().size()).sum();
    ToolCalls.Parsed parsed = ToolCalls.parse(result.text(), earlierCalls);
    boolean calls = result.finish() == Generation.Finish.STOP && !parsed.calls().isEmpty();
    return new Generation(
        result.text(),
        parsed.content(),
        parsed.calls(),
        parsed.malformed(),
        calls ? Generation.Finish.TOOL_CALLS : result.finish(),
        result.promptTokens(),
        result.cachedTokens(),
        result.replyTokens(),
        result.firstTokenMillis(),
        result.totalMillis(),
        result.logProbs());
  }

  /**
   * How likely a reply is.
   *
   * @param logProb sum of the log-probabilities of its tokens, in nats, its end included
   * @param tokens how many those are
   */
  public record Likelihood(double logProb, int tokens) {}

  /**
   * Sum of log-probabilities (nats) of a continuation as the assistant's reply, its end included.
   */
  public double logLikelihood(List<Message> messages, String continuation) {
    return likelihood(messages, List.of(), continuation).logProb();
  }

  /** How likely a continuation is as the assistant's reply to messages, with tools offered. */
  public Likelihood likelihood(List<Message> messages, List<ToolSpec> tools, String continuation) {
    var whole = new ArrayList<>(messages);
    whole.add(Message.assistant(continuation));
    ChatTemplate.Labelled labelled = template.labelLast(whole, tools);
    int[] ids = labelled.ids();
    if (ids.length > contextTokens()) {
      throw new IllegalArgumentException(
          "prompt and continuation have "
              + ids.length
              + " tokens and the context "
              + contextTokens());
    }
    int first = lastSpan(labelled.loss());
    int end = first;
    while (end < ids.length && labelled.loss()[end]) {
      end++;
    }
    int vocabulary = decoder.config().vocabSize();
    double sum = 0;
    if ((long) ids.length * vocabulary <= LOGITS_AT_ONCE) {
      // One pass over everything; the product with the vocabulary is cheap for a small one.
      float[] all = decoder.logits(Arrays.copyOf(ids, end - 1));
      var row = new float[vocabulary];
      for (int i = first; i < end; i++) {
        System.arraycopy(all, (i - 1) * vocabulary, row, 0, vocabulary);
        sum += Scheduler.logProb(row, ids[i]);
      }
      return new Likelihood(sum, end - first);
    }
    float[][] logits = new float[1][vocabulary];
    try (Sequence sequence = decoder.newSequence()) {
      decoder.prefill(sequence, ids, 0, first, logits[0]);
      for (int i = first; i < end; i++) {
        sum += Scheduler.logProb(logits[0], ids[i]);
        if (i + 1 < end) {
          decoder.step(new Sequence[] {sequence}, 1, new int[] {ids[i]}, logits);
        }
      }
    }
    return new Likelihood(sum, end - first);
  }

  /** Where the last run of counted tokens begins: the continuation, not earlier replies. */
  private static int lastSpan(boolean[] loss) {
    int end = loss.length - 1;
    while (!loss[end]) {
      end--;
    }
    while (end > 0 && loss[end - 1]) {
      end--;
    }
    return end;
  }

  /** Tokens of the rendered prompt. */
  public int countTokens(List<Message> messages, List<ToolSpec> tools) {
    int[] ids = template.prompt(messages, tools).ids();
    counted = new Counted(List.copyOf(messages), List.copyOf(tools), ids);
    return ids.length;
  }

  /** How many tokens prompt and reply may have together. */
  public int contextTokens() {
    return decoder.config().maxPositions();
  }

  /**
   * Vectors to compare texts by.
   *
   * @throws IllegalArgumentException when the text is empty or longer than the context
   */
  public TextEmbedding embed(String text) {
    return decoder.embed(tokenizer.encode(tokenizer.neutralize(text)));
  }

  /** Shape and arithmetic of the model. */
  public ModelConfig config() {
    return decoder.config();
  }

  /**
   * SHA-256 over configuration, weights, tokenizer and template: the same hash, the same replies.
   * Computed on first use, which reads the weights once.
   */
  public synchronized String contentHash() {
    if (contentHash == null) {
      contentHash = contentHashOf(folder);
    }
    return contentHash;
  }

  /** The {@link #contentHash} of the model in a folder, without opening it; reads the weights. */
  public static String contentHashOf(Path folder) {
    MessageDigest digest = Hashes.newSha256();
    byte[] buffer = new byte[1 << 16];
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(LanguageModel::decidesReplies).sorted().toList()) {
        digest.update((file.getFileName() + ":" + Files.size(file) + ":").getBytes(UTF_8));
        try (InputStream in = Files.newInputStream(file)) {
          for (int n = in.read(buffer); n > 0; n = in.read(buffer)) {
            digest.update(buffer, 0, n);
          }
        }
      }
    } catch (IOException e) {
      throw new CheckpointException(folder + ": cannot be read (" + e + ")", e);
    }
    return HexFormat.of().formatHex(digest.digest());
  }

  private static boolean decidesReplies(Path file) {
    String name = file.getFileName().toString();
    return Set.of(
                ModelConfig.FILE,
                "tokenizer.json",
                "tokenizer_config.json",
                "chat_template.jinja",
                "generation_config.json")
            .contains(name)
        || name.startsWith("model") && name.contains(".safetensors");
  }

  /** Ends what is running and frees the memory. Idempotent. */
  @Override
  public void close() {
    scheduler.close(); // first, for it uses the others
    decoder.close();
    tokenizer.close();
  }
}
