@NullMarked
package dev.mneme.model.train;

import org.jspecify.annotations.NullMarked;
