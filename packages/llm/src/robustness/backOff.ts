/** A wait beyond this ends the run: it would be no wait but a stop. */
export const LONGEST_WAIT_MS = 600_000;

/** How often and how late a request that may succeed later is sent again. */
export interface RetryPolicy {
  /** requests in all, the first included */
  readonly requests: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** How a failed transport is tried again. */
export const DEFAULT_RETRIES: RetryPolicy = { requests: 6, firstDelayMs: 500, longestDelayMs: 30_000 };

/**
 * Delay before retry number `retry` (0 the first): doubling, of which a random half to whole is taken so that calls that failed
 * together do not return together; never less than the server asked for.
 * @param random uniform in [0, 1)
 */
export function backOffMs(policy: RetryPolicy, retry: number, random: number, askedMs: number | null): number {
  const whole = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** retry);
  return Math.max(whole * (0.5 + random / 2), askedMs ?? 0);
}
