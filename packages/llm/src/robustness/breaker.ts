import type { Clock } from '../contract/clock.js';

/** When a server is left alone, and for how long. */
export interface BreakerPolicy {
  /** failures in a row that open it */
  readonly failures: number;
  readonly firstPauseMs: number;
  readonly longestPauseMs: number;
}

/** When a server is left alone, unless said otherwise. */
export const DEFAULT_BREAKER: BreakerPolicy = { failures: 5, firstPauseMs: 2_000, longestPauseMs: 60_000 };

/**
 * Keeps calls away from a server that fails again and again. Closed: calls pass. Open: none until the pause is over. Then one
 * probe passes; its success closes the breaker, its failure opens it for twice as long, or, where the server lives and tells of a
 * crash, for the first pause again: what its model dies of may be a few requests alone.
 */
export class Breaker {
  private failuresInRow = 0;
  private openUntilMs = Number.NEGATIVE_INFINITY;
  private pauseMs: number;
  private state: 'closed' | 'open' | 'probing' = 'closed';

  constructor(
    private readonly clock: Clock,
    private readonly policy: BreakerPolicy = DEFAULT_BREAKER,
  ) {
    this.pauseMs = policy.firstPauseMs;
  }

  /** How long from `nowMs` until a call may pass: 0 at once, infinity while a probe is under way. */
  waitMs(nowMs = this.clock.now()): number {
    if (this.state === 'closed') return 0;
    if (this.state === 'probing') return Number.POSITIVE_INFINITY;
    return Math.max(0, this.openUntilMs - nowMs);
  }

  /** Takes leave to call; true when the call is the probe of an open breaker. Only when `waitMs()` is 0. */
  enter(): boolean {
    if (this.state === 'closed') return false;
    this.state = 'probing';
    return true;
  }

  succeeded(): void {
    this.failuresInRow = 0;
    this.pauseMs = this.policy.firstPauseMs;
    this.state = 'closed';
  }

  /** @param lives whether the server itself told of the failure */
  failed(lives = false): void {
    this.failuresInRow++;
    if (this.state === 'open') return;
    if (this.state === 'closed' && this.failuresInRow < this.policy.failures) return;
    if (this.state === 'probing') {
      this.pauseMs = lives ? this.policy.firstPauseMs : Math.min(this.policy.longestPauseMs, this.pauseMs * 2);
    }
    this.state = 'open';
    this.openUntilMs = this.clock.now() + this.pauseMs;
  }

  /** A call that ended without saying anything about the server (stopped by the caller): a probe is given back. */
  abandoned(): void {
    if (this.state === 'probing') this.state = 'open';
  }
}
