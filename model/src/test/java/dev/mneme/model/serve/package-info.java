@NullMarked
package dev.mneme.model.serve;

import org.jspecify.annotations.NullMarked;
