package dev.mneme.ltm;

import java.util.List;

/**
 * Whether ledger, journal and index tell the same.
 *
 * @param ok they do
 * @param sequence up to which change they were compared
 * @param ledgerChanges changes in the ledger
 * @param journalChanges changes in the journal
 * @param ledgerTurns turns that recall should find
 * @param indexTurns turns in the index
 * @param problems what differs, at most a hundred lines, each with what to do
 */
public record Verification(
    boolean ok,
    long sequence,
    long ledgerChanges,
    long journalChanges,
    long ledgerTurns,
    long indexTurns,
    List<String> problems) {
  public Verification {
    problems = List.copyOf(problems);
  }
}
