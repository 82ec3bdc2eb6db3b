package dev.mneme.evals.ifeval;

/** Decides whether a reply follows one instruction. Stateless. */
interface Checker {
  boolean follows(String reply);
}
