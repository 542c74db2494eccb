import { setMaxListeners } from 'node:events';

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

/** Calls `action` once when the signal fires; returns what takes that back. Every call in flight listens to the signal of its run. */
export function whenAborted(signal: AbortSignal | undefined, action: () => void): () => void {
  if (!signal) return () => {};
  setMaxListeners(0, signal);
  signal.addEventListener('abort', action, { once: true });
  return () => signal.removeEventListener('abort', action);
}

/** Resolves after `delayMs` on `clock`; rejects with the signal's reason when it fires first. */
export function sleep(clock: Clock, delayMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const cancel = clock.after(delayMs, () => {
      stopListening();
      resolve();
    });
    const stopListening = whenAborted(signal, () => {
      cancel();
      reject(signal?.reason);
    });
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
  const stopListening = whenAborted(signal, onStop);
  const cancel = clock.after(timeoutMs, () => attempt.abort(new AttemptTimeout(timeoutMs)));
  try {
    return await action(attempt.signal);
  } finally {
    cancel();
    stopListening();
  }
}

/** A wait as people say it: `4.0 s`, `12 minutes`, `3 hours`, `365 days`. */
export function waitInWords(waitMs: number): string {
  const minutes = Math.ceil(waitMs / 60_000);
  if (minutes < 2) return `${(waitMs / 1000).toFixed(1)} s`;
  if (minutes < 120) return `${minutes} minutes`;
  return minutes < 2880 ? `${Math.ceil(minutes / 60)} hours` : `${Math.ceil(minutes / 1440)} days`;
}
