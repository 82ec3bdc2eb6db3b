/**
 * Simulation: many agents and simulated people on one model, to measure whether the loop works.
 *
 * <p>A {@link dev.mneme.agent.sim.Scenario} (a YAML file) says who speaks with whom. {@link
 * dev.mneme.agent.sim.Simulation} runs it: people and agents that depend on each other form a cell,
 * cells run at the same time on virtual threads, and every so many steps all meet at a barrier
 * where events are written, shared memories published and the model evolved through {@link
 * dev.mneme.agent.sim.Evolution}.
 *
 * <p>The event log is the single truth. Everything random comes from sub-seeds of (run, agent,
 * step, purpose) and nothing in the log depends on time or threads, so one seed gives one log, byte
 * for byte. Resuming replays the log through the same programs with the recorded replies in the
 * model's place, which is why no other state is kept; metrics and the report are computed from the
 * log alone.
 *
 * <p>What a simulated person likes is hidden in the types: the profile and everything that reads it
 * is private to this package, and {@link dev.mneme.agent.sim.Evolution} is handed turns and signals
 * only. Whoever extracts preferences or trains cannot see it even by mistake.
 */
@NullMarked
package dev.mneme.agent.sim;

import org.jspecify.annotations.NullMarked;
