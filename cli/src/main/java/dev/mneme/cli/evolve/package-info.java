/**
 * The evolution cycle's adapters: preferences from the memory, a gate from the evaluation harness,
 * and the report of a cycle for people.
 */
@NullMarked
package dev.mneme.cli.evolve;

import org.jspecify.annotations.NullMarked;
