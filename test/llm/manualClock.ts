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

/** Waits this long or longer are time limits of calls; shorter ones are pauses between them. */
const LIMIT_MS = 30_000;
const SPEED = 100;

/**
 * The clock of a whole run: pauses pass a hundred times as fast as they say, and time limits never pass by themselves, so that a
 * slow machine cannot end a healthy call. The test ends them when nothing but silence is left.
 */
export class RunClock implements Clock {
  private readonly limits = new Set<() => void>();

  now(): number {
    return performance.now() * SPEED;
  }

  after(delayMs: number, action: () => void): () => void {
    if (delayMs >= LIMIT_MS) {
      this.limits.add(action);
      return () => this.limits.delete(action);
    }
    const timer = setTimeout(action, delayMs / SPEED);
    return () => clearTimeout(timer);
  }

  /** calls under way */
  get limited(): number {
    return this.limits.size;
  }

  /** Ends the time of every call under way. */
  endLimits(): void {
    for (const action of [...this.limits]) {
      this.limits.delete(action);
      action();
    }
  }
}

/** Lets everything that is ready run, callbacks of sockets included. */
export async function settle(rounds = 20): Promise<void> {
  for (let round = 0; round < rounds; round++) await new Promise((resolve) => setImmediate(resolve));
}
