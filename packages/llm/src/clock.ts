/** Time as the clients see it; tests pass their own. */
export interface Clock {
  /** milliseconds, never going back */
  now(): number;
  /** Runs `action` once after `delayMs`; returns what cancels it. */
  after(delayMs: number, action: () => void): () => void;
}

/** The machine's time. */
export const systemClock: Clock = {
  now: () => performance.now(),
  after(delayMs, action) {
    const timer = setTimeout(action, delayMs);
    return () => clearTimeout(timer);
  },
};

/** Resolves after `delayMs` on `clock`; rejects with the signal's reason when it fires first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const onAbort = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = clock.after(delayMs, () => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    });
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** Marks the abort of one attempt by its time limit, to tell it from the caller's own stop. */
export class AttemptTimeout extends Error {
  constructor(readonly timeoutMs: number) {
    super(`no answer within ${timeoutMs} ms`);
    this.name = 'AttemptTimeout';
  }
}

/** Runs `action` with a signal that fires when the caller's does or, with an AttemptTimeout, after `timeoutMs`. */
export async function withTimeout<T>(
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal | undefined,
  action: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const attempt = new AbortController();
  // Linked by hand: AbortSignal.any keeps every follower of a long-lived signal reachable on Node 20, 200,000 in one run.
  const onStop = () => attempt.abort(signal?.reason);
  if (signal?.aborted) onStop();
  signal?.addEventListener('abort', onStop, { once: true });
  const cancel = clock.after(timeoutMs, () => attempt.abort(new AttemptTimeout(timeoutMs)));
  try {
    return await action(attempt.signal);
  } finally {
    cancel();
    signal?.removeEventListener('abort', onStop);
  }
}
