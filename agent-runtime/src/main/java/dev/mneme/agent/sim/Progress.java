package dev.mneme.agent.sim;

import java.time.Duration;

/**
 * How far a run has come.
 *
 * @param step all cells have passed this step
 * @param steps of so many
 * @param agentSteps steps of single cells so far
 * @param agentStepsPerSecond since the start
 * @param promptTokensPerSecond since the start
 * @param replyTokensPerSecond since the start
 * @param satisfaction mean so far, by the hidden profiles
 * @param failedCells how many cells have stopped
 * @param left an estimate of the time left
 */
public record Progress(
    int step,
    int steps,
    long agentSteps,
    double agentStepsPerSecond,
    double promptTokensPerSecond,
    double replyTokensPerSecond,
    double satisfaction,
    int failedCells,
    Duration left) {}
