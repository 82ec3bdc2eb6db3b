@NullMarked
package dev.mneme.preference;

import org.jspecify.annotations.NullMarked;
