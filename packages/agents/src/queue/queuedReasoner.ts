import { readFile } from 'node:fs/promises';
import { type KnowledgeParts, type Log, silentLog } from '@agentmmrec/core';
import { type BudgetLimits, LlmError } from '@agentmmrec/llm';
import type { Queue, QueueEvents } from 'bullmq';
import type { Redis } from 'ioredis';
import type {
  Answer,
  Augmenter,
  Call,
  CallSpending,
  ItemView,
  ModalityTask,
  Reasoner,
  RefinementInput,
  RerankInput,
  UpdateInput,
} from '../reasoning/reasoner.js';
import { connectQueue, disconnectAll } from './connection.js';
import {
  errorOf,
  jobIdOf,
  keysOf,
  NOTHING_SPENT,
  PICTURE,
  pictureHash,
  picturesIn,
  type QueuedAnswer,
  type QueuedQuestion,
  type ReasonerDescription,
  type ReasonerMethod,
  withPictures,
} from './questions.js';

/** Which queue questions are put into, and how many at a time. */
export interface QueueOptions {
  /** address of the Redis: `redis://host:port` */
  readonly queue: string;
  /** name of the queue; builds that name the same one share its workers, its pictures and its budget */
  readonly queueName: string;
  /** questions that wait in the queue or are being answered, at most */
  readonly inFlight: number;
  /** limits of what all workers of the queue spend together */
  readonly limits?: BudgetLimits;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** How often answers are looked for besides being told: a server that starts anew tells nothing of what ended meanwhile. */
const LOOK_EVERY_MS = 2_000;
const TOLD_EVERY_MS = 60_000;
const KEPT_SECONDS = 3600;
/** Pictures that were forgotten are put there again when they are asked for. */
const PICTURE_KEPT_SECONDS = 24 * 3600;

interface Waiting {
  readonly question: QueuedQuestion;
  readonly resolve: (answer: QueuedAnswer) => void;
  readonly sinceMs: number;
}

/**
 * The reasoner of workers elsewhere: each question becomes a job, its answer comes back, and the caller alone writes. An answer that
 * comes twice is one, because equal questions are one job; a caller that is killed and starts again finds the answers made meanwhile.
 */
export class QueuedReasoner implements Reasoner {
  readonly paid = true;
  readonly concurrency: number;
  readonly name: string;
  readonly digest: string;
  readonly seesImages: boolean;
  readonly augmenter?: Augmenter;
  private spentByAll: CallSpending = NOTHING_SPENT;

  private constructor(
    private readonly jobs: Jobs,
    description: ReasonerDescription,
    private readonly options: QueueOptions,
  ) {
    this.name = description.name;
    this.digest = description.digest;
    this.seesImages = description.seesImages;
    const { augmenterDigest } = description;
    if (augmenterDigest !== null) {
      this.augmenter = {
        digest: augmenterDigest,
        profile: (user, items, call) => this.ask('profile', [user, items], call, augmenterDigest),
        attributes: (item, call) => this.ask('attributes', [item], call, augmenterDigest),
        edges: (input, call) => this.ask('edges', [input], call, augmenterDigest),
      };
    }
    this.concurrency = options.inFlight;
  }

  /** Connects and waits for the first worker, who says what answers. @throws AmrError: no queue there; interrupted */
  static async open(options: QueueOptions): Promise<QueuedReasoner> {
    const jobs = await Jobs.open(options);
    const question = { method: 'describe', reasoner: '', input: [Date.now(), process.pid], seed: 0 } as const;
    try {
      const described = await jobs.ask(question, options.signal);
      if (!described.ok) throw errorOf(described.failure);
      return new QueuedReasoner(jobs, described.answer as ReasonerDescription, options);
    } catch (thrown) {
      await jobs.close();
      throw thrown;
    }
  }

  async prepare(): Promise<void> {
    this.spentByAll = await this.jobs.spent();
  }

  /** By all workers of the queue, whoever asked. */
  spent(): CallSpending {
    return this.spentByAll;
  }

  preference(task: ModalityTask, user: number, items: readonly ItemView[], call: Call): Promise<Answer<string>> {
    return this.ask('preference', [task, user, items], call);
  }

  property(task: ModalityTask, target: ItemView, others: readonly ItemView[], call: Call): Promise<Answer<string>> {
    return this.ask('property', [task, target, others], call);
  }

  refine(input: RefinementInput, call: Call): Promise<Answer<readonly number[]>> {
    return this.ask('refine', [input], call);
  }

  rerank(input: RerankInput, call: Call): Promise<Answer<readonly number[]>> {
    return this.ask('rerank', [input], call);
  }

  updatePreference(input: UpdateInput, call: Call): Promise<Answer<KnowledgeParts>> {
    return this.ask('updatePreference', [input], call);
  }

  close(): Promise<void> {
    return this.jobs.close();
  }

  private async ask<T>(
    method: ReasonerMethod,
    input: readonly unknown[],
    call: Call,
    reasoner = this.digest,
  ): Promise<Answer<T>> {
    this.checkBudget();
    const sent = (await withPictures(input, (path) => this.jobs.place(path))) as readonly unknown[];
    const answer = await this.jobs.ask({ method, reasoner, input: sent, seed: call.seed }, call.signal);
    this.spentByAll = this.jobs.lastSpent;
    if (!answer.ok) throw errorOf(answer.failure);
    return answer.answer as Answer<T>;
  }

  private checkBudget(): void {
    const { requests, inputTokens, outputTokens, money } = this.spentByAll;
    const { maxRequests, maxTokens, maxMoney } = this.options.limits ?? {};
    const bounds = [
      ['requests', requests, maxRequests],
      ['tokens', inputTokens + outputTokens, maxTokens],
      ['money', money ?? 0, maxMoney],
    ] as const;
    for (const [resource, used, limit] of bounds) {
      if (limit === undefined || used < limit) continue;
      const got = `${used} by all workers of the queue`;
      throw new LlmError({ fault: 'budget', what: `budget of ${resource}`, got, expected: `at most ${limit}` });
    }
  }
}

/** Jobs in flight and what is kept beside them. */
class Jobs {
  lastSpent: CallSpending = NOTHING_SPENT;
  private readonly waiting = new Map<string, Waiting[]>();
  private readonly placed = new Map<string, Promise<string>>();
  /** where the pictures are, by their hashes */
  private readonly paths = new Map<string, string>();
  private readonly timer: NodeJS.Timeout;
  private readonly keys: ReturnType<typeof keysOf>;
  private toldAtMs = Date.now();

  private constructor(
    private readonly redis: Redis,
    private readonly queue: Queue<QueuedQuestion, QueuedAnswer>,
    private readonly events: QueueEvents,
    private readonly connections: readonly Redis[],
    private readonly log: Log,
  ) {
    this.keys = keysOf(queue.name);
    this.events.on(
      'completed',
      ({ jobId, returnvalue }) => void this.finish(jobId, returnvalue as unknown as QueuedAnswer),
    );
    this.events.on('failed', ({ jobId }) => void this.look(jobId));
    this.timer = setInterval(() => void this.lookAtAll(), LOOK_EVERY_MS);
  }

  static async open({ queue, queueName, log = silentLog, signal }: QueueOptions): Promise<Jobs> {
    const redis = await connectQueue(queue, signal);
    // The package closes no connection that it was handed.
    const connections = [redis.duplicate(), redis.duplicate()];
    const bullmq = await import('bullmq');
    const jobs = new bullmq.Queue<QueuedQuestion, QueuedAnswer>(queueName, { connection: connections[0] });
    const events = new bullmq.QueueEvents(queueName, { connection: connections[1] });
    // What is away is asked again, see lookAtAll.
    jobs.on('error', () => {});
    events.on('error', () => {});
    await events.waitUntilReady();
    return new Jobs(redis, jobs, events, connections, log);
  }

  async ask(question: QueuedQuestion, signal: AbortSignal | undefined): Promise<QueuedAnswer> {
    const id = jobIdOf(question);
    const answer = new Promise<QueuedAnswer>((resolve) => {
      const list = this.waiting.get(id) ?? [];
      list.push({ question, resolve, sinceMs: Date.now() });
      this.waiting.set(id, list);
    });
    const stopped = new Promise<never>((_resolve, reject) => {
      const stop = () =>
        reject(new LlmError({ fault: 'aborted', what: question.method, got: 'a stop signal', expected: 'an answer' }));
      if (signal?.aborted) stop();
      signal?.addEventListener('abort', stop, { once: true });
    });
    await this.add(id, question);
    return await Promise.race([answer, stopped]);
  }

  /** Puts a picture into the store; what stands for its path in questions. */
  place(path: string): Promise<string> {
    const known = this.placed.get(path);
    if (known) return known;
    const placed = this.store(path);
    this.placed.set(path, placed);
    return placed;
  }

  async spent(): Promise<CallSpending> {
    const told = await this.redis.hgetall(this.keys.spent);
    const of = (name: string) => Number(told[name] ?? 0);
    this.lastSpent = {
      requests: of('requests'),
      inputTokens: of('inputTokens'),
      outputTokens: of('outputTokens'),
      money: of('money'),
    };
    return this.lastSpent;
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await Promise.allSettled([this.events.close(), this.queue.close()]);
    disconnectAll([this.redis, ...this.connections]);
  }

  private async store(path: string): Promise<string> {
    const bytes = await readFile(path).catch(() => null);
    // The worker says of a path that is no picture what it says of one that cannot be read.
    if (bytes === null) return path;
    const hash = pictureHash(bytes);
    this.paths.set(hash, path);
    await this.redis.set(this.keys.picture(hash), bytes, 'EX', PICTURE_KEPT_SECONDS, 'NX');
    return `${PICTURE}${hash}`;
  }

  private async add(id: string, question: QueuedQuestion): Promise<void> {
    await this.enqueue(id, question);
    // It may have been answered before, for somebody else or before this process was started again.
    await this.look(id);
  }

  private async enqueue(id: string, question: QueuedQuestion): Promise<void> {
    const kept = { removeOnComplete: { age: KEPT_SECONDS }, removeOnFail: true };
    await this.queue.add(question.method, question, { jobId: id, ...kept });
  }

  private async look(id: string): Promise<void> {
    if (!this.waiting.has(id)) return;
    const job = await this.queue.getJob(id);
    if (job?.returnvalue) return this.finish(id, job.returnvalue);
    const [first] = this.waiting.get(id) ?? [];
    // A server that lost it, or a job that failed outside of its question, is asked anew.
    if (!first || job) return;
    for (const hash of picturesIn(first.question.input)) {
      const path = this.paths.get(hash) ?? '';
      if ((await this.store(path)) !== `${PICTURE}${hash}`) return this.finish(id, goneFrom(path));
    }
    await this.enqueue(id, first.question);
  }

  private finish(id: string, told: QueuedAnswer | string): void {
    const answer = typeof told === 'string' ? (JSON.parse(told) as QueuedAnswer) : told;
    const list = this.waiting.get(id) ?? [];
    this.waiting.delete(id);
    for (const { resolve } of list) resolve(answer);
  }

  private async lookAtAll(): Promise<void> {
    const now = Date.now();
    try {
      await this.spent();
      for (const [id, [{ sinceMs }]] of [...this.waiting]) if (now - sinceMs > LOOK_EVERY_MS) await this.look(id);
      if (now - this.toldAtMs < TOLD_EVERY_MS || this.waiting.size === 0) return;
      this.toldAtMs = now;
      const workers = await this.queue.getWorkersCount();
      if (workers > 0) return;
      const trouble = await this.redis.get(this.keys.trouble);
      const last = trouble === null ? '' : ` (the last one gave up: ${trouble})`;
      this.log.warn(`${this.waiting.size} questions wait and no worker answers${last}: start agentmmrec worker`);
    } catch {
      // The server is away; it is asked again in a moment.
    }
  }
}

function goneFrom(path: string): QueuedAnswer {
  const [got, expected] = ['another file than before, or none', 'the picture that the question shows'];
  const { kind, hint } = new LlmError({ fault: 'noImage', what: path, got, expected });
  return { ok: false, failure: { fault: 'noImage', what: path, got, expected, hint, kind } };
}
