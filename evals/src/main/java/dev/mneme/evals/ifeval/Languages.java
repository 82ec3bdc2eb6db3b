package dev.mneme.evals.ifeval;

import com.optimaize.langdetect.cybozu.util.CharNormalizer;
import com.optimaize.langdetect.cybozu.util.NGram;
import com.optimaize.langdetect.profiles.LanguageProfile;
import com.optimaize.langdetect.profiles.LanguageProfileReader;
import dev.mneme.data.Hashes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Which language a text is in: naive Bayes over character n-grams of one to three, with the
 * profiles and the n-gram rules of Nakatani's language-detection, whose Python port the official
 * checker uses.
 *
 * <p>As there, n-grams are drawn at random until one language has nearly all the probability, seven
 * times, and the average decides. The draws depend on a seed and the text only, so the same text
 * always gets the same answer; on more than a few words every seed gives the same one. N-grams
 * inside a word in capitals do not count, as there: a text in capitals is judged by its initials.
 *
 * <p>Thread-safe.
 */
final class Languages {
  /**
   * The languages the official checker can answer and the published prompts may ask for. Catalan
   * and Welsh are left out: their profiles here are cut at a tenth of the frequency of the English
   * one, and so claim every few words in capitals that end in a rare letter.
   */
  private static final List<String> CODES =
      List.of(
          ("af ar bg bn cs da de el en es et fa fi fr gu he hi hr hu id it ja kn ko lt lv mk "
                  + "ml mr ne nl no pa pl pt ro ru sk sl so sq sv sw ta te th tl tr uk ur vi zh-CN "
                  + "zh-TW")
              .split(" "));

  private static final Pattern LINKS =
      Pattern.compile(
          "https?://[-_.?&~;+=/#0-9A-Za-z]{1,2076}|[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}");

  /** What an unseen n-gram counts in every language, before the trial's jitter. */
  private static final double SMOOTHING = 0.5;

  private static final double SMOOTHING_JITTER = 0.05;
  private static final double SMOOTHING_SCALE = 10_000;
  private static final int TRIALS = 7;
  private static final int MAX_DRAWS = 1_000;
  private static final int DRAWS_BETWEEN_CHECKS = 5;
  private static final double CERTAIN = 0.99999;
  private static final int MAX_CHARS = 10_000;
  private static final double MIN_PROBABILITY = 0.1;

  private static final class Holder {
    // The profiles take a moment to load, so only those who ask pay for them.
    static final Languages INSTANCE = new Languages();
  }

  private final Map<String, float[]> probabilityByGram = new HashMap<>();

  private Languages() {
    List<LanguageProfile> profiles;
    try {
      profiles = new LanguageProfileReader().read(CODES);
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read the language profiles on the class path", e);
    }
    for (LanguageProfile profile : profiles) {
      int language = CODES.indexOf(profile.getLocale().toString());
      for (Map.Entry<String, Integer> gram : profile.iterateGrams()) {
        long total = profile.getNumGramOccurrences(gram.getKey().length());
        probabilityByGram.computeIfAbsent(gram.getKey(), _ -> new float[CODES.size()])[language] =
            (float) ((double) gram.getValue() / total);
      }
    }
  }

  static Languages shared() {
    return Holder.INSTANCE;
  }

  /** ISO 639-1 code, with the region for Chinese; empty where the text gives no hint. */
  Optional<String> detect(String text, long seed) {
    var grams = new ArrayList<float[]>();
    for (String gram : gramsOf(withoutMinorityLatin(LINKS.matcher(text).replaceAll(" ")))) {
      float[] probabilities = probabilityByGram.get(gram);
      if (probabilities != null) {
        grams.add(probabilities);
      }
    }
    if (grams.isEmpty()) {
      return Optional.empty();
    }
    var random = new SplittableRandom(Hashes.subSeed(seed, "language", text));
    var mean = new double[CODES.size()];
    for (int trial = 0; trial < TRIALS; trial++) {
      double[] probabilities = draw(grams, random);
      for (int i = 0; i < mean.length; i++) {
        mean[i] += probabilities[i] / TRIALS;
      }
    }
    int best = indexOfMax(mean);
    // Where no language stands out: a code that equals none.
    return Optional.of(
        mean[best] < MIN_PROBABILITY ? "unknown" : CODES.get(best).toLowerCase(Locale.ROOT));
  }

  /** The probability of each language after one trial. */
  private static double[] draw(List<float[]> grams, RandomGenerator random) {
    double smoothing = (SMOOTHING + SMOOTHING_JITTER * random.nextGaussian()) / SMOOTHING_SCALE;
    var probabilities = new double[CODES.size()];
    Arrays.fill(probabilities, 1.0 / CODES.size());
    for (int draws = 0; draws < MAX_DRAWS; draws++) {
      float[] gram = grams.get(random.nextInt(grams.size()));
      for (int i = 0; i < probabilities.length; i++) {
        probabilities[i] *= smoothing + gram[i];
      }
      if (draws % DRAWS_BETWEEN_CHECKS == 0) {
        double sum = Arrays.stream(probabilities).sum();
        for (int i = 0; i < probabilities.length; i++) {
          probabilities[i] /= sum;
        }
        if (probabilities[indexOfMax(probabilities)] > CERTAIN) {
          break;
        }
      }
    }
    return probabilities;
  }

  private static int indexOfMax(double[] values) {
    int best = 0;
    for (int i = 1; i < values.length; i++) {
      best = values[i] > values[best] ? i : best;
    }
    return best;
  }

  private static List<String> gramsOf(String text) {
    var grams = new ArrayList<String>();
    var window = new NGram();
    char previous = 0;
    for (int i = 0; i < Math.min(text.length(), MAX_CHARS); i++) {
      char c = CharNormalizer.normalize(text.charAt(i));
      if (c == ' ' && previous == ' ') {
        continue;
      }
      previous = c;
      window.addChar(c);
      for (int n = 1; n <= NGram.N_GRAM; n++) {
        String gram = window.get(n);
        if (gram != null) {
          grams.add(gram);
        }
      }
    }
    return grams;
  }

  /** Without its Latin letters where they are fewer than half of the others: names, mostly. */
  private static String withoutMinorityLatin(String text) {
    int latin = 0;
    int other = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (c >= 'A' && c <= 'z') {
        latin++;
      } else if (c >= '\u0300' && !(c >= '\u1e00' && c <= '\u1eff')) {
        other++;
      }
    }
    return latin * 2 < other ? text.replaceAll("[A-z]", "") : text;
  }
}
