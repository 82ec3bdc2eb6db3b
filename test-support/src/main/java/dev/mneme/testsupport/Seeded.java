package dev.mneme.testsupport;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives test methods a seeded {@link java.util.random.RandomGenerator} (or the {@code long} seed)
 * as a parameter, and prints the command that repeats a failing run.
 *
 * <p>The seed is fixed per test, so builds are reproducible; {@code -Dtests.seed=random} draws a
 * new one and {@code -Dtests.seed=N} repeats one.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@ExtendWith(SeededExtension.class)
public @interface Seeded {}
