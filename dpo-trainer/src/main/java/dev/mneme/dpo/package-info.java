@NullMarked
package dev.mneme.dpo;

import org.jspecify.annotations.NullMarked;
