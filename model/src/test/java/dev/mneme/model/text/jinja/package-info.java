@NullMarked
package dev.mneme.model.text.jinja;

import org.jspecify.annotations.NullMarked;
