package dev.mneme.agent.sim;

import java.util.concurrent.atomic.DoubleAdder;
import java.util.concurrent.atomic.LongAdder;

/** Running sums over all cells. Thread-safe. */
final class Totals {
  final LongAdder steps = new LongAdder();
  final LongAdder promptTokens = new LongAdder();
  final LongAdder replyTokens = new LongAdder();
  final LongAdder judged = new LongAdder();
  final DoubleAdder satisfaction = new DoubleAdder();
}
