import { backOffMs, type RetryPolicy } from './backOff.js';

/** How much each outcome moves the share of refusals, and from which share on it is all calls that come too often. */
const WEIGHT = 1 / 8;
const TOO_OFTEN = 0.5;

/**
 * How many calls a server takes at a time, and when the next: as many as it has slots, until it refuses most of them for coming too often. Then all
 * calls wait as long as it asks, or longer each time it refuses again, and half as many go at a time; each answer lets the number grow again.
 * A refusal now and then is its call's own matter.
 */
export class Pace {
  private refusedShare = 0;
  private most: number;
  private pausedAtMs = Number.NEGATIVE_INFINITY;
  private pausedUntilMs = Number.NEGATIVE_INFINITY;
  private refusals = 0;

  constructor(
    private readonly slots: number,
    private readonly policy: RetryPolicy,
    /** uniform in [0, 1) */
    private readonly random: () => number,
  ) {
    this.most = slots;
  }

  /** Calls that may be in flight. */
  get limit(): number {
    return Math.max(1, Math.floor(this.most));
  }

  /** How long from `nowMs` until a call may pass. */
  waitMs(nowMs: number): number {
    return Math.max(0, this.pausedUntilMs - nowMs);
  }

  answered(): void {
    this.refusedShare *= 1 - WEIGHT;
    this.refusals = 0;
    this.most = Math.min(this.slots, this.most + 1 / this.most);
  }

  /**
   * A call was refused for coming too often. Calls that were on their way before the pause say nothing new.
   * @param call when it was sent, how many were in flight with it, and how long the server asks to wait
   * @returns the pause that begins, or null where none does, or one had begun before
   */
  refused(nowMs: number, call: { sentAtMs: number; inFlight: number; askedMs: number | null }): number | null {
    const { sentAtMs, inFlight, askedMs } = call;
    if (sentAtMs <= this.pausedAtMs || nowMs < this.pausedUntilMs) {
      this.pausedUntilMs = Math.max(this.pausedUntilMs, nowMs + (askedMs ?? 0));
      return null;
    }
    this.refusedShare += WEIGHT * (1 - this.refusedShare);
    if (this.refusedShare < TOO_OFTEN) return null;
    const pauseMs = backOffMs(this.policy, this.refusals++, this.random(), askedMs);
    this.most = Math.max(1, Math.min(this.most, inFlight) / 2);
    [this.pausedAtMs, this.pausedUntilMs] = [nowMs, nowMs + pauseMs];
    return pauseMs;
  }
}
