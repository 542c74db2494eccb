import type { Clock } from '@agentmmrec/llm';

interface Timer {
  readonly atMs: number;
  readonly action: () => void;
}

/** A clock that a test moves. */
export class ManualClock implements Clock {
  private timeMs = 0;
  private readonly timers = new Set<Timer>();

  now(): number {
    return this.timeMs;
  }

  after(delayMs: number, action: () => void): () => void {
    const timer = { atMs: this.timeMs + delayMs, action };
    this.timers.add(timer);
    return () => this.timers.delete(timer);
  }

  /** Moves time on and runs what is due, in order. */
  advance(byMs: number): void {
    const untilMs = this.timeMs + byMs;
    for (;;) {
      const due = [...this.timers].filter((timer) => timer.atMs <= untilMs).sort((a, b) => a.atMs - b.atMs)[0];
      if (!due) break;
      this.timers.delete(due);
      this.timeMs = Math.max(this.timeMs, due.atMs);
      due.action();
    }
    this.timeMs = untilMs;
  }

  get pending(): number {
    return this.timers.size;
  }
}

/** A clock that runs `factor` times as fast as the machine's: waits of a real run pass in a test's time. */
export function hurriedClock(factor: number): Clock {
  return {
    now: () => performance.now() * factor,
    after(delayMs, action) {
      const timer = setTimeout(action, delayMs / factor);
      return () => clearTimeout(timer);
    },
  };
}

/** Lets everything that is ready run, callbacks of sockets included. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
}
