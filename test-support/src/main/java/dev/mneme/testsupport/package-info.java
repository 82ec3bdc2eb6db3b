/**
 * What every module's tests share: {@link dev.mneme.testsupport.Seeded} randomness that says how to
 * reproduce a failure, {@link dev.mneme.testsupport.NoLeaks} for resources that must be given back,
 * and {@link dev.mneme.testsupport.SharedData} for public data that may be absent.
 */
@NullMarked
package dev.mneme.testsupport;

import org.jspecify.annotations.NullMarked;
