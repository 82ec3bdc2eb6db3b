@NullMarked
package dev.mneme.model.lora;

import org.jspecify.annotations.NullMarked;
