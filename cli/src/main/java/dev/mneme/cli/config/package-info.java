/**
 * Configuration: one tree of records with defaults, overridden by {@code mneme.yaml} in the data
 * directory and by {@code --set a.b=c}, bound strictly so that a misspelt key is an error that
 * names its path, never a silent default.
 */
@NullMarked
package dev.mneme.cli.config;

import org.jspecify.annotations.NullMarked;
