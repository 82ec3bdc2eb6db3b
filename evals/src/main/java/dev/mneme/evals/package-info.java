@NullMarked
package dev.mneme.evals;

import org.jspecify.annotations.NullMarked;
