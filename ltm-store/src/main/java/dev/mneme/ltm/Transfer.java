package dev.mneme.ltm;

/**
 * What an import or a recovery did.
 *
 * @param changes changes taken over
 * @param skipped changes that were there already
 * @param from where they came from
 */
public record Transfer(long changes, long skipped, String from) {}
