@NullMarked
package dev.mneme.model.checkpoint;

import org.jspecify.annotations.NullMarked;
