// bullmq: jobs on Redis with at-least-once delivery, locks that end with their worker, and jobs known by an id of ours.
import { AmrError } from '@agentmmrec/core';
import type { Redis } from 'ioredis';

/** Longest pause between two tries to reach a server that went away. */
const LONGEST_PAUSE_MS = 2_000;

/**
 * Connects to the Redis of a queue. A server that goes away later is waited for: it is not there for a moment while it starts anew.
 * @throws AmrError input: an address that is none; failed: no server there; the signal's reason
 */
export async function connectQueue(url: string, signal?: AbortSignal): Promise<Redis> {
  if (!/^rediss?:\/\/[^\s]+$/.test(url)) {
    throw new AmrError({
      what: '--queue',
      got: `"${url}"`,
      expected: 'redis://host:port, with rediss:// where it is encrypted',
      hint: 'for example --queue redis://127.0.0.1:6379',
    });
  }
  const { Redis: Client } = await import('ioredis');
  const redis = new Client(url, {
    lazyConnect: true,
    maxRetriesPerRequest: null,
    retryStrategy: (tries) => Math.min(LONGEST_PAUSE_MS, 50 * tries),
  });
  // Told by what waits for it; without a listener it would end the process.
  let last = 'no answer';
  redis.on('error', (cause: Error) => {
    last = cause.message || last;
  });
  try {
    const inTime = AbortSignal.any([AbortSignal.timeout(10_000), ...(signal ? [signal] : [])]);
    const tooLate = new Promise((_resolve, reject) => inTime.addEventListener('abort', reject, { once: true }));
    await Promise.race([redis.connect(), tooLate]);
    signal?.throwIfAborted();
    return redis;
  } catch {
    redis.disconnect();
    signal?.throwIfAborted();
    throw new AmrError({
      what: `queue ${url.replace(/\/\/[^@/]*@/, '//')}`,
      got: last,
      expected: 'a Redis server',
      hint: 'start it (Debian: apt-get install redis-server) with appendonly yes and maxmemory-policy noeviction',
      kind: 'failed',
    });
  }
}

/** Ends connections at once. One that has ended is left alone: its client would wait two seconds for an end that has been. */
export function disconnectAll(connections: readonly Redis[]): void {
  for (const one of connections) if (one.status !== 'end') one.disconnect();
}
