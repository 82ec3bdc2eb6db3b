@NullMarked
package dev.mneme.benchmarks;

import org.jspecify.annotations.NullMarked;
