import { type Log, silentLog } from '@agentmmrec/core';
import { LlmError } from '@agentmmrec/llm';
import type { Job } from 'bullmq';
import type { Redis } from 'ioredis';
import type { Answer, Call, Reasoner } from '../reasoning/reasoner.js';
import { connectQueue, disconnectAll } from './connection.js';
import {
  failureOf,
  keysOf,
  NOTHING_SPENT,
  ownerOf,
  PICTURE,
  picturesIn,
  type QueuedAnswer,
  type QueuedQuestion,
  usedSince,
} from './questions.js';

/** Which queue a worker takes questions from, and who answers them. */
export interface WorkerOptions {
  /** address of the Redis: `redis://host:port` */
  readonly queue: string;
  readonly queueName: string;
  /** made with `readPicture`, so that pictures of the queue can be shown */
  readonly makeReasoner: (readPicture: (path: string) => Promise<Uint8Array>) => Promise<Reasoner>;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** A job whose worker fell silent for so long is another's; looked for as often. */
const LOCK_MS = 15_000;
const STALLED_EVERY_MS = 5_000;
/** A job may lose its worker any number of times: it is the worker that died, not the job that kills. */
const MOST_STALLS = 1_000_000;

/** Said of the last worker that gave up, for so long. */
const TROUBLE_SECONDS = 3600;

/**
 * Answers the questions of a queue until `signal` fires, as many at a time as its reasoner takes. It keeps nothing: what it
 * was asked stands in the queue until its answer does. After the signal it ends what it has begun. Where its own server is out it gives its
 * questions back to the others and ends.
 * @returns how many questions it answered
 * @throws AmrError as connectQueue; LlmError outage
 */
export async function runReasonerWorker(options: WorkerOptions): Promise<number> {
  const { queue, signal } = options;
  const redis = await connectQueue(queue, signal);
  try {
    return await answerQuestions(options, redis);
  } finally {
    // Whatever ends it: an open connection would keep the process.
    disconnectAll([redis]);
  }
}

async function answerQuestions(
  { queueName, makeReasoner, log = silentLog, signal }: WorkerOptions,
  redis: Redis,
): Promise<number> {
  const keys = keysOf(queueName);
  const readPicture = async (path: string): Promise<Uint8Array> => {
    const bytes = await redis.getBuffer(keys.picture(path.slice(PICTURE.length)));
    if (bytes) return bytes;
    throw new LlmError({ fault: 'noImage', what: path, got: 'no such picture in the queue', expected: 'its bytes' });
  };
  const reasoner = await makeReasoner(readPicture);
  let [told, answered] = [NOTHING_SPENT, 0];
  const tellSpent = async (): Promise<void> => {
    const now = reasoner.spent?.() ?? NOTHING_SPENT;
    const used = usedSince(now, told);
    told = now;
    await redis
      .multi()
      .hincrby(keys.spent, 'requests', used.requests)
      .hincrby(keys.spent, 'inputTokens', used.inputTokens)
      .hincrby(keys.spent, 'outputTokens', used.outputTokens)
      .hincrbyfloat(keys.spent, 'money', used.money ?? 0)
      .exec();
  };
  const answer = async ({ data }: Job<QueuedQuestion, QueuedAnswer>): Promise<QueuedAnswer> => {
    const pictures = picturesIn(data.input).map(keys.picture);
    // A store that was lost has lost them too: who asks puts them there again with the question.
    if (pictures.length > 0 && (await redis.exists(...pictures)) < pictures.length)
      throw new Error('its pictures are not in the store');
    const result = await answerOf(reasoner, data).catch((outage: Error) => {
      giveUp(outage);
      throw outage;
    });
    await tellSpent();
    answered++;
    return result;
  };
  let gaveUp: Error | null = null;
  const ending = new AbortController();
  const giveUp = (outage: Error): void => {
    gaveUp ??= outage;
    ending.abort();
  };
  whenAborted(signal, () => ending.abort());
  // The package closes no connection that it was handed.
  const connection = redis.duplicate();
  const { Worker } = await import('bullmq');
  const worker = new Worker<QueuedQuestion, QueuedAnswer>(queueName, answer, {
    connection,
    concurrency: reasoner.concurrency,
    lockDuration: LOCK_MS,
    stalledInterval: STALLED_EVERY_MS,
    maxStalledCount: MOST_STALLS,
  });
  worker.on('error', (cause) => log.warn(`queue: ${cause.message}`));
  log.info(`answering as ${reasoner.name}, ${reasoner.concurrency} at a time`);
  try {
    await new Promise<void>((resolve) => whenAborted(ending.signal, resolve));
    await worker.close();
    if (gaveUp !== null) {
      await redis.set(keys.trouble, (gaveUp as Error).message, 'EX', TROUBLE_SECONDS);
      throw gaveUp;
    }
  } finally {
    disconnectAll([connection]);
  }
  return answered;
}

async function answerOf(reasoner: Reasoner, question: QueuedQuestion): Promise<QueuedAnswer> {
  const { name, digest, seesImages } = reasoner;
  if (question.method === 'describe')
    return { ok: true, answer: { name, digest, seesImages, augmenterDigest: reasoner.augmenter?.digest ?? null } };
  try {
    const owner = ownerOf(reasoner, question.method);
    if (question.reasoner !== owner?.digest) throw anotherReasoner(name, owner?.digest ?? 'none', question.reasoner);
    const ask = Reflect.get(owner, question.method) as (...input: unknown[]) => Promise<Answer<unknown>>;
    const call: Call = { seed: question.seed };
    return { ok: true, answer: await ask.call(owner, ...question.input, call) };
  } catch (thrown) {
    // It says something of this machine and nothing of the question.
    if (thrown instanceof LlmError && thrown.fault === 'outage') throw thrown;
    return { ok: false, failure: failureOf(thrown) };
  }
}

function whenAborted(signal: AbortSignal | undefined, action: () => void): void {
  if (signal?.aborted) action();
  else signal?.addEventListener('abort', action, { once: true });
}

function anotherReasoner(name: string, found: string, expected: string): LlmError {
  return new LlmError({
    fault: 'changedModel',
    what: `worker ${name}`,
    got: `a reasoner of digest ${found.slice(0, 12)}`,
    expected: expected.slice(0, 12),
    hint: 'start every worker with the same model, version, context length, pictures and prompts',
    kind: 'input',
  });
}
