package dev.mneme.preference.dialogue;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;

import dev.mneme.data.Json;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Satisfaction of each reply by logistic regression over named {@link Feature}s.
 *
 * <p>With local log-odds {@code z_i = b + w . x_i} of reply i, moods carry over: {@code z'_i = z_i
 * + back * tanh(mean z of the two replies before) + forward * tanh(mean z of the two after)}, and
 * the value is {@code sigmoid(slope * z'_i + offset)} (Platt 1999). The confidence is {@code |2p -
 * 1|} times the share of evidence that came from the person: with nothing said after a reply, its
 * value is a guess from the reply alone and counts half.
 *
 * <p>Immutable and thread-safe.
 */
public final class SatisfactionModel {
  private static final String RESOURCE = "satisfaction.json";
  private static final int REASONS = 5;

  /**
   * The weights file.
   *
   * @param trainedOn what the weights were fitted to, for people
   * @param intercept the log-odds of a reply with no feature
   * @param weights log-odds a unit of each feature, by its wire name
   * @param carryBack how far the mood before carries into a reply's value
   * @param carryForward how far the mood after reflects back on it
   * @param calibrationSlope Platt's slope
   * @param calibrationOffset Platt's offset
   */
  public record Weights(
      String trainedOn,
      double intercept,
      Map<String, Double> weights,
      double carryBack,
      double carryForward,
      double calibrationSlope,
      double calibrationOffset) {
    public Weights {
      requireNonNull(trainedOn, "trainedOn is null");
      weights = Collections.unmodifiableMap(new LinkedHashMap<>(weights));
      for (Feature feature : Feature.values()) {
        Double weight = weights.get(feature.wireName());
        if (weight == null || !Double.isFinite(weight)) {
          throw new IllegalArgumentException(
              "the weights need a finite number for " + feature.wireName() + ", got " + weight);
        }
      }
      if (weights.size() != Feature.values().length) {
        throw new IllegalArgumentException(
            "the weights name "
                + weights.size()
                + " features, this version knows "
                + Feature.values().length
                + "; fit them again with SatisfactionTrainer");
      }
      if (!(calibrationSlope > 0)) {
        throw new IllegalArgumentException(
            "the calibration slope must be positive, got " + calibrationSlope);
      }
    }
  }

  private final Weights file;
  private final double[] w;

  public SatisfactionModel(Weights weights) {
    this.file = weights;
    this.w = new double[Feature.values().length];
    for (Feature feature : Feature.values()) {
      w[feature.at()] = requireNonNull(weights.weights().get(feature.wireName()));
    }
  }

  /** The weights that ship with this module. */
  public static SatisfactionModel standard() {
    try (InputStream in = SatisfactionModel.class.getResourceAsStream(RESOURCE)) {
      if (in == null) {
        throw new AssertionError("resource " + RESOURCE + " is missing from the module");
      }
      String json = new String(in.readAllBytes(), UTF_8);
      return new SatisfactionModel(Json.mapper().readValue(json, Weights.class));
    } catch (IOException e) {
      throw new UncheckedIOException("cannot read resource " + RESOURCE, e);
    }
  }

  /** Common sense alone: every feature at its prior weight, nothing fitted. */
  public static SatisfactionModel prior() {
    var weights = new LinkedHashMap<String, Double>();
    for (Feature feature : Feature.values()) {
      weights.put(feature.wireName(), feature.prior());
    }
    return new SatisfactionModel(
        new Weights("nothing: prior weights", 0.5, weights, 0.5, 0.5, 1, 0));
  }

  public Weights weights() {
    return file;
  }

  /** The satisfaction with every reply, by its position in the dialogue. */
  public Map<Integer, Satisfaction> judge(Dialogue dialogue) {
    List<Integer> replies = dialogue.replies();
    var features = new ArrayList<double[]>(replies.size());
    double[] z = new double[replies.size()];
    for (int i = 0; i < z.length; i++) {
      double[] x = FeatureReader.read(dialogue, replies.get(i));
      features.add(x);
      z[i] = local(x);
    }
    var judged = new HashMap<Integer, Satisfaction>();
    for (int i = 0; i < z.length; i++) {
      double back = file.carryBack() * moodBefore(z, i);
      double forward = file.carryForward() * moodAfter(z, i);
      judged.put(replies.get(i), satisfaction(features.get(i), z[i], back, forward));
    }
    return judged;
  }

  double local(double[] x) {
    double sum = file.intercept();
    for (int i = 0; i < w.length; i++) {
      sum += w[i] * x[i];
    }
    return sum;
  }

  static double moodBefore(double[] z, int i) {
    return mood(z, i - 2, i - 1);
  }

  static double moodAfter(double[] z, int i) {
    return mood(z, i + 1, i + 2);
  }

  private static double mood(double[] z, int from, int to) {
    double sum = 0;
    int count = 0;
    for (int i = Math.max(0, from); i <= Math.min(z.length - 1, to); i++) {
      sum += z[i];
      count++;
    }
    return count == 0 ? 0 : Math.tanh(sum / count);
  }

  private Satisfaction satisfaction(double[] x, double z, double back, double forward) {
    double p = sigmoid(file.calibrationSlope() * (z + back + forward) + file.calibrationOffset());
    double heard = 0;
    double all = 0;
    for (Feature feature : Feature.values()) {
      double share = Math.abs(w[feature.at()] * x[feature.at()]);
      all += share;
      heard += feature.isReaction() ? share : 0;
    }
    double confidence = Math.abs(2 * p - 1) * (1 + (all == 0 ? 0 : heard / all)) / 2;
    var reasons = new ArrayList<Satisfaction.Reason>();
    for (Feature feature : Feature.values()) {
      double share = w[feature.at()] * x[feature.at()];
      if (Math.abs(share) >= 0.05) {
        reasons.add(new Satisfaction.Reason(feature.wireName(), share, feature.told()));
      }
    }
    if (Math.abs(back) >= 0.05) {
      reasons.add(new Satisfaction.Reason("carry_back", back, "the mood of the replies before"));
    }
    if (Math.abs(forward) >= 0.05) {
      reasons.add(
          new Satisfaction.Reason("carry_forward", forward, "the mood of the replies after"));
    }
    reasons.sort(
        Comparator.comparingDouble((Satisfaction.Reason r) -> -Math.abs(r.logOdds()))
            .thenComparing(Satisfaction.Reason::name));
    return new Satisfaction(p, confidence, reasons.subList(0, Math.min(REASONS, reasons.size())));
  }

  static double sigmoid(double z) {
    return 1 / (1 + Math.exp(-z));
  }
}
