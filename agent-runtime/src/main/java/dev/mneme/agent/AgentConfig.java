package dev.mneme.agent;

import static java.util.Objects.requireNonNull;

import dev.mneme.data.Sampling;
import java.time.ZoneId;

/**
 * How an agent behaves.
 *
 * @param persona who it is
 * @param sampling how replies are drawn; {@code maxTokens} bounds a reply, and the seed is the root
 *     from which every reply's own seed is derived
 * @param recallLimit how many memories a prompt carries at most; 0 switches recall off
 * @param memoryShare the part of the prompt's budget that memories may take from the conversation
 * @param memoryTokens how many tokens memories may take at most, whatever their share
 * @param maxToolRounds how often one step may go back to the model with tool results
 * @param windowTurns how many turns a session keeps at hand; older ones stay in memory only
 * @param zone in which dates are written
 */
public record AgentConfig(
    Persona persona,
    Sampling sampling,
    int recallLimit,
    double memoryShare,
    int memoryTokens,
    int maxToolRounds,
    int windowTurns,
    ZoneId zone) {
  public AgentConfig {
    requireNonNull(persona, "persona is null");
    requireNonNull(sampling, "sampling is null");
    requireNonNull(zone, "zone is null");
    if (recallLimit < 0) {
      throw new IllegalArgumentException(
          "recallLimit must be 0 (off) or positive, got " + recallLimit);
    }
    if (!(memoryShare >= 0 && memoryShare <= 1)) {
      throw new IllegalArgumentException("memoryShare must be in [0, 1], got " + memoryShare);
    }
    if (memoryTokens < 0) {
      throw new IllegalArgumentException("memoryTokens must not be negative, got " + memoryTokens);
    }
    if (maxToolRounds < 0) {
      throw new IllegalArgumentException("maxToolRounds must not be negative: " + maxToolRounds);
    }
    if (windowTurns < 2) {
      throw new IllegalArgumentException("windowTurns must be at least 2, got " + windowTurns);
    }
  }

  public static AgentConfig defaults(Persona persona, Sampling sampling, ZoneId zone) {
    return new AgentConfig(persona, sampling, 8, 0.4, Integer.MAX_VALUE, 6, 400, zone);
  }

  public AgentConfig withPersona(Persona other) {
    return new AgentConfig(
        other, sampling, recallLimit, memoryShare, memoryTokens, maxToolRounds, windowTurns, zone);
  }

  public AgentConfig withSampling(Sampling other) {
    return new AgentConfig(
        persona, other, recallLimit, memoryShare, memoryTokens, maxToolRounds, windowTurns, zone);
  }

  public AgentConfig withRecallLimit(int other) {
    return new AgentConfig(
        persona, sampling, other, memoryShare, memoryTokens, maxToolRounds, windowTurns, zone);
  }

  public AgentConfig withMemoryTokens(int other) {
    return new AgentConfig(
        persona, sampling, recallLimit, memoryShare, other, maxToolRounds, windowTurns, zone);
  }
}
