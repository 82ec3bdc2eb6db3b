@NullMarked
package dev.mneme.testsupport;

import org.jspecify.annotations.NullMarked;
