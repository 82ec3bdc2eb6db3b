package dev.mneme.data;

/**
 * What a reply cost.
 *
 * @param promptTokens tokens of the rendered prompt
 * @param cachedTokens of these, how many came from the prefix cache
 * @param replyTokens tokens generated
 * @param firstTokenMillis from the request to the first token, milliseconds
 * @param totalMillis from the request to the last token, milliseconds
 */
public record Latency(
    int promptTokens,
    int cachedTokens,
    int replyTokens,
    double firstTokenMillis,
    double totalMillis) {}
