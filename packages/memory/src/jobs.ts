import type Database from 'libsql';
import { damaged, type Queries } from './queries.js';

/** Jobs of a queue by state. */
export interface JobCounts {
  readonly waiting: number;
  readonly leased: number;
  readonly done: number;
  readonly failed: number;
}

/** A job that was given up, and why. */
export interface JobFailure {
  readonly key: string;
  readonly reason: string;
  readonly attempts: number;
}

/**
 * Who does what: a job is waiting, leased to an owner until a time, done, or failed with a reason. A lease that has run out
 * counts as waiting, so the work of a killed process is taken up again. Keys are unique within a queue.
 */
export class Jobs {
  private readonly statements;
  private readonly path: string;

  /** @internal */
  constructor(
    database: Database.Database,
    queries: Queries,
    private readonly atomically: <T>(work: () => T) => T,
    private readonly nowMs: () => number,
  ) {
    const key = 'WHERE queue = ? AND key = ?';
    this.path = queries.path;
    this.statements = {
      insert: database.prepare(
        "INSERT INTO jobs (queue, key, position, state) VALUES (?, ?, ?, 'waiting') ON CONFLICT (queue, key) DO NOTHING",
      ),
      next: queries.select<{ next: number }>({ next: 'integer' }, 'FROM jobs WHERE queue = ?', {
        next: 'COALESCE(MAX(position), -1) + 1',
      }),
      free: queries.select<{ key: string }>(
        { key: 'text' },
        `FROM jobs WHERE queue = ? AND (state = 'waiting' OR (state = 'leased' AND lease_until_ms <= ?)) ORDER BY position LIMIT ?`,
      ),
      lease: database.prepare(
        `UPDATE jobs SET state = 'leased', owner = ?, lease_until_ms = ?, attempts = attempts + 1 ${key}`,
      ),
      renew: database.prepare(`UPDATE jobs SET lease_until_ms = ? ${key} AND state = 'leased' AND owner = ?`),
      done: database.prepare(
        `UPDATE jobs SET state = 'done', owner = NULL, lease_until_ms = NULL, reason = NULL ${key}`,
      ),
      failed: database.prepare(
        `UPDATE jobs SET state = 'failed', owner = NULL, lease_until_ms = NULL, reason = ? ${key}`,
      ),
      release: database.prepare(
        "UPDATE jobs SET state = 'waiting', owner = NULL, lease_until_ms = NULL WHERE queue = ? AND state = 'leased'",
      ),
      retry: database.prepare("UPDATE jobs SET state = 'waiting', reason = NULL WHERE queue = ? AND state = 'failed'"),
      counts: queries.select<{ state: keyof JobCounts; count: number }>(
        { state: 'text', count: 'integer' },
        'FROM jobs WHERE queue = ? GROUP BY state',
        { count: 'COUNT(*)' },
      ),
      failures: queries.select<JobFailure>(
        { key: 'text', reason: 'text', attempts: 'integer' },
        "FROM jobs WHERE queue = ? AND state = 'failed' ORDER BY position",
      ),
    };
  }

  /** Adds the keys that the queue does not have yet, in this order; returns how many were new. */
  enqueue(queue: string, keys: readonly string[]): number {
    return this.atomically(() => {
      let position = this.statements.next(queue)[0].next;
      let added = 0;
      for (const key of keys) added += this.statements.insert.run(queue, key, position++).changes;
      return added;
    });
  }

  /** Leases up to `count` free jobs, in the order of the queue. */
  claim(queue: string, count: number, owner: string, leaseMs: number): string[] {
    return this.atomically(() => {
      const now = this.nowMs();
      const rows = this.statements.free(queue, now, count);
      for (const row of rows) this.statements.lease.run(owner, now + leaseMs, queue, row.key);
      return rows.map((row) => row.key);
    });
  }

  /** Extends a lease; false when it is no longer the owner's. */
  renew(queue: string, key: string, owner: string, leaseMs: number): boolean {
    return this.atomically(() => this.statements.renew.run(this.nowMs() + leaseMs, queue, key, owner).changes === 1);
  }

  /** Marks a job as done. */
  done(queue: string, key: string): void {
    this.atomically(() => this.statements.done.run(queue, key));
  }

  /** Gives a job up for good, with the reason. */
  failed(queue: string, key: string, reason: string): void {
    this.atomically(() => this.statements.failed.run(reason, queue, key));
  }

  /** Puts every leased job back: for a writer that starts (the lock says that no other lives) or stops. */
  releaseAll(queue: string): number {
    return this.atomically(() => this.statements.release.run(queue).changes);
  }

  /** Puts every failed job back; returns how many. */
  retryFailed(queue: string): number {
    return this.atomically(() => this.statements.retry.run(queue).changes);
  }

  /** Jobs of a queue by state. */
  counts(queue: string): JobCounts {
    const counts = { waiting: 0, leased: 0, done: 0, failed: 0 };
    for (const { state, count } of this.statements.counts(queue)) {
      if (!Object.hasOwn(counts, state)) throw damaged(this.path, new Error(`jobs in the state ${state}`));
      counts[state] = count;
    }
    return counts;
  }

  /** Jobs that were given up, in order of their place. */
  failures(queue: string): JobFailure[] {
    return this.statements.failures(queue);
  }
}
