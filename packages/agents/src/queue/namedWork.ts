import { type Log, silentLog } from '@agentmmrec/core';
import type { Job, Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import { connectQueue, disconnectAll } from './connection.js';

/** How a piece of work ended, as a process does: 0 is well. */
export interface WorkEnd {
  readonly code: number;
  readonly error: string;
}

/** A piece of work on its way. */
export interface StartedWork {
  readonly ended: Promise<WorkEnd>;
  /** asks it to save itself and end */
  stop(): void;
}

/** How often ends are looked for besides being told, and stops by those who work. */
const LOOK_EVERY_MS = 2_000;
const STOPS_EVERY_MS = 1_000;
const TOLD_EVERY_MS = 60_000;
const KEPT_SECONDS = 3600;
/** A worker that fell silent for so long has lost its work to another. */
const LOCK_MS = 15_000;
/** Work may lose its worker any number of times, and be handed back any number of times. */
const MOST_LOSSES = 1_000_000;

const RETRIED = { attempts: MOST_LOSSES, backoff: { type: 'fixed', delay: 200 } } as const;
const KEPT = { removeOnComplete: { age: KEPT_SECONDS }, removeOnFail: { age: KEPT_SECONDS } } as const;

/** The name of the queue of runs beside that of questions. */
const nameOfWork = (queueName: string) => `${queueName}-runs`;
const stopsOf = (queueName: string) => `${nameOfWork(queueName)}:stops`;

interface Named {
  readonly name: string;
}

/** What a queue is open with. */
interface OpenQueue {
  readonly redis: Redis;
  readonly queue: Queue<Named, WorkEnd>;
  readonly events: QueueEvents;
  /** those that the queue and its events were handed */
  readonly connections: readonly Redis[];
  /** the set of names that are asked to end */
  readonly stops: string;
  readonly log: Log;
}

/**
 * Work that workers elsewhere do, known by its name alone: what it is and what comes of it stand in a folder that all machines share. The
 * same name is the same work, whoever starts it; a worker that dies gives it to another.
 */
export class WorkQueue {
  private readonly waiting = new Map<string, { end(result: WorkEnd): void; progress(told: unknown): void }>();
  private readonly timer: NodeJS.Timeout;
  private toldAtMs = Date.now();

  private constructor(private readonly open: OpenQueue) {
    const { events } = open;
    events.on('completed', ({ jobId }) => void this.look(jobId));
    events.on('failed', ({ jobId }) => void this.look(jobId));
    events.on('progress', ({ jobId, data }) => this.waiting.get(jobId)?.progress(data));
    this.timer = setInterval(() => void this.lookAtAll(), LOOK_EVERY_MS);
  }

  /** @throws AmrError input: an address that is none; failed: no server there */
  static async open({
    queue,
    queueName,
    log = silentLog,
  }: {
    queue: string;
    queueName: string;
    log?: Log;
  }): Promise<WorkQueue> {
    const redis = await connectQueue(queue);
    const bullmq = await import('bullmq');
    // The package closes no connection that it was handed.
    const connections = [redis.duplicate(), redis.duplicate()];
    const jobs = new bullmq.Queue<Named, WorkEnd>(nameOfWork(queueName), { connection: connections[0] });
    const events = new bullmq.QueueEvents(nameOfWork(queueName), { connection: connections[1] });
    // What is away is asked again, see lookAtAll.
    jobs.on('error', () => {});
    events.on('error', () => {});
    await events.waitUntilReady();
    return new WorkQueue({ redis, queue: jobs, events, connections, stops: stopsOf(queueName), log });
  }

  /** Puts work into the queue; what ended before under that name is done anew, what is being done is joined. */
  start(name: string, onProgress: (told: unknown) => void): StartedWork {
    const ended = new Promise<WorkEnd>((end) => {
      this.waiting.set(name, { end, progress: onProgress });
    });
    void this.add(name).catch((cause: Error) => this.finish(name, { code: 1, error: cause.message }));
    return { ended, stop: () => void this.open.redis.sadd(this.open.stops, name).catch(() => {}) };
  }

  /** Ends its own connections; work that is queued stays. */
  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled([this.open.events.close(), this.open.queue.close()]);
    disconnectAll([this.open.redis, ...this.open.connections]);
  }

  private async add(name: string): Promise<void> {
    await this.open.redis.srem(this.open.stops, name);
    const before = await this.open.queue.getJob(name);
    const state = await before?.getState();
    if (state === 'completed' || state === 'failed') await before?.remove();
    await this.open.queue.add('work', { name }, { jobId: name, ...RETRIED, ...KEPT });
  }

  private async look(name: string): Promise<void> {
    if (!this.waiting.has(name)) return;
    const job = await this.open.queue.getJob(name);
    if (job?.returnvalue) return this.finish(name, job.returnvalue);
    if (job && (await job.isFailed())) return this.finish(name, { code: 1, error: job.failedReason });
    // A server that lost it is asked anew.
    if (!job) await this.open.queue.add('work', { name }, { jobId: name, ...RETRIED, ...KEPT });
  }

  private finish(name: string, end: WorkEnd): void {
    const found = this.waiting.get(name);
    this.waiting.delete(name);
    found?.end(end);
  }

  private async lookAtAll(): Promise<void> {
    try {
      for (const name of [...this.waiting.keys()]) await this.look(name);
      if (Date.now() - this.toldAtMs < TOLD_EVERY_MS || this.waiting.size === 0) return;
      this.toldAtMs = Date.now();
      if ((await this.open.queue.getWorkersCount()) === 0)
        this.open.log.warn(`${this.waiting.size} runs wait and no worker does any: start agentmmrec worker --runs 1`);
    } catch {
      // The server is away; it is asked again in a moment.
    }
  }
}

/** What a worker does with a name. `signal` asks it to save itself and end. */
export type DoWork = (name: string, onProgress: (told: unknown) => void, signal: AbortSignal) => Promise<WorkEnd>;

/**
 * Does the work of a queue until `signal` fires, `concurrency` pieces at a time. What is being done then is told to save itself, and goes back
 * into the queue for others.
 * @returns how many pieces it did
 * @throws AmrError as connectQueue
 */
export async function runNamedWork(options: {
  /** address of the Redis: `redis://host:port` */
  readonly queue: string;
  readonly queueName: string;
  readonly concurrency: number;
  readonly work: DoWork;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  /** for tests: silence after which a worker has lost its work */
  readonly lockMs?: number;
}): Promise<number> {
  const { queue, queueName, concurrency, work, log = silentLog, signal, lockMs = LOCK_MS } = options;
  const redis = await connectQueue(queue, signal);
  const connection = redis.duplicate();
  const { Worker } = await import('bullmq');
  const doing = new Map<string, AbortController>();
  let done = 0;
  const process = async (job: Job<Named, WorkEnd>): Promise<WorkEnd> => {
    const { name } = job.data;
    const stop = new AbortController();
    doing.set(name, stop);
    try {
      log.info(`doing ${name}`);
      const end = await work(name, (told) => void job.updateProgress(told as object).catch(() => {}), stop.signal);
      if (signal?.aborted && end.code !== 0) throw new Error('its worker was stopped');
      done++;
      return end;
    } finally {
      doing.delete(name);
    }
  };
  const worker = new Worker<Named, WorkEnd>(nameOfWork(queueName), process, {
    connection,
    concurrency,
    lockDuration: lockMs,
    stalledInterval: lockMs / 3,
    maxStalledCount: MOST_LOSSES,
  });
  worker.on('error', (cause) => log.warn(`queue: ${cause.message}`));
  const timer = setInterval(() => void stopWhatIsAsked(redis, stopsOf(queueName), doing), STOPS_EVERY_MS);
  try {
    await new Promise<void>((resolve) => {
      if (signal?.aborted) resolve();
      else signal?.addEventListener('abort', () => resolve(), { once: true });
    });
    for (const stop of doing.values()) stop.abort();
    await worker.close();
  } finally {
    clearInterval(timer);
    disconnectAll([redis, connection]);
  }
  return done;
}

async function stopWhatIsAsked(
  redis: Redis,
  stops: string,
  doing: ReadonlyMap<string, AbortController>,
): Promise<void> {
  if (doing.size === 0) return;
  // A server that is away is asked again in a moment.
  const asked = await redis.smembers(stops).catch(() => []);
  for (const name of asked) doing.get(name)?.abort();
}
