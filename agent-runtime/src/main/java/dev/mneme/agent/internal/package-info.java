/** What several packages of this module share; not API, nobody outside imports it. */
@NullMarked
package dev.mneme.agent.internal;

import org.jspecify.annotations.NullMarked;
