@NullMarked
package dev.mneme.model;

import org.jspecify.annotations.NullMarked;
