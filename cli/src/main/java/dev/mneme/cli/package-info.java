@NullMarked
package dev.mneme.cli;

import org.jspecify.annotations.NullMarked;
