@NullMarked
package dev.mneme.model.generate;

import org.jspecify.annotations.NullMarked;
