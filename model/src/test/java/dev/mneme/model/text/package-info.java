@NullMarked
package dev.mneme.model.text;

import org.jspecify.annotations.NullMarked;
