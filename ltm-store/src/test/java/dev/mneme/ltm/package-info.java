@NullMarked
package dev.mneme.ltm;

import org.jspecify.annotations.NullMarked;
