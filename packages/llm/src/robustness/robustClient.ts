import { type Log, silentLog } from '@agentmmrec/core';
import { readAnswer } from '../answers/answer.js';
import type { Clock } from '../contract/clock.js';
import type {
  ClientTotals,
  GenerateRequest,
  GenerateResult,
  LlmClient,
  LlmServer,
  ModelIdentity,
  Part,
  Usage,
  WireRequest,
} from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import { ImageCache } from '../images/images.js';
import { PictureCosts } from '../images/pictureCosts.js';
import { lowerLevel, requireImage, showImages } from '../images/shownImages.js';
import { DEFAULT_RETRIES, type RetryPolicy } from './backOff.js';
import { DEFAULT_BREAKER } from './breaker.js';
import { Budget } from './budget.js';
import { type AnsweredStep, acceptedResult, type ModelAnswer, malformed, rescuedResult, type Step } from './outcome.js';
import { PromptCuts } from './promptCuts.js';
import type { ResponseCache } from './responseCache.js';
import { Sender } from './sender.js';
import { type PoolPolicy, ServerPool } from './serverPool.js';
import { ATTEMPTS, type BadAnswer, cacheKey, estimateText, partsOf, picturesOf, wireRequest } from './wire.js';

/** What a client stands on: servers, cache, budget, policies. */
export interface ClientOptions {
  /** one or more servers of the same model */
  readonly servers: readonly LlmServer[];
  /** answers on disk; without one every call is sent */
  readonly cache?: ResponseCache;
  readonly budget?: Budget;
  readonly retries?: Partial<RetryPolicy>;
  readonly pool?: Partial<PoolPolicy>;
  readonly clock?: Clock;
  /** uniform in [0, 1), for the jitter of retries only */
  readonly random?: () => number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

const DEFAULT_POOL: PoolPolicy = {
  breaker: DEFAULT_BREAKER,
  longestOutageMs: 600_000,
  longestFirstOutageMs: 120_000,
  identityEveryMs: 300_000,
};
const CALL_TIMEOUT_MS = 240_000;
const CRASHES_BEFORE_DEGRADING = 2;

const THOUGHT_ONLY = 'all of it was reasoning, and the limit came before an answer; answer at once';

const NO_USAGE: Usage = { inputTokens: 0, outputTokens: 0 };

/** Retries, rotation, budget and cache above adapters that send once. @internal made by `connectLlm` */
export class RobustClient implements LlmClient {
  readonly name: string;
  readonly concurrency: number;
  /** of the servers, and less where one of them said so */
  contextLength: number | null;
  private readonly sender: Sender;
  private readonly budget: Budget;
  private readonly images = new ImageCache();
  private readonly costs = new PictureCosts();
  private readonly cuts: PromptCuts;
  private readonly told = new Set<string>();
  private readonly log: Log;
  /** pictures that the server takes in one prompt, once it said so */
  private mostImages = Number.POSITIVE_INFINITY;
  /** keys being asked now: one question is sent once, whoever else has it waits for the answer */
  private readonly asking = new Map<string, Promise<ModelAnswer>>();
  private calls = 0;
  private cachedCalls = 0;

  constructor(
    private readonly options: ClientOptions,
    clock: Clock,
    readonly identity: ModelIdentity,
    readonly seesImages: boolean,
  ) {
    const { servers } = options;
    this.name = `${identity.provider} ${identity.model}`;
    this.concurrency = servers.reduce((sum, server) => sum + server.slots, 0);
    const lengths = servers.map((server) => server.contextLength).filter((length) => length !== null);
    this.contextLength = lengths.length === 0 ? null : Math.min(...lengths);
    this.budget = options.budget ?? new Budget();
    this.log = options.log ?? silentLog;
    this.cuts = new PromptCuts(this.costs, this.log);
    const { budget, costs, cuts, log } = this;
    const policy = { ...DEFAULT_POOL, ...options.pool };
    const retries = { ...DEFAULT_RETRIES, ...options.retries };
    const { random = Math.random } = options;
    const pool = new ServerPool({ servers, identity, clock, policy, retries, random, log });
    this.sender = new Sender({ pool, budget, policy: retries, clock, random, costs, cuts });
  }

  totals(): ClientTotals {
    return { calls: this.calls, cached: this.cachedCalls, ...this.budget.used(), faults: { ...this.sender.faults } };
  }

  close(): void {
    this.options.cache?.close();
  }

  async generate<T>(request: GenerateRequest<T>): Promise<GenerateResult<T>> {
    this.calls++;
    const sent = { requests: 0 };
    const asked: AnsweredStep[] = [];
    for (let attempt = 0, level = 0; ; attempt++) {
      const bad = asked.at(-1)?.heard;
      const last = await this.answerAt(request, attempt, level, bad ? badAnswer(bad) : null, sent);
      level = last.step.level;
      asked.push(last);
      if (last.heard.problem === null)
        return this.counted(acceptedResult(request, asked, this.identity, sent.requests));
      if (attempt % ATTEMPTS < ATTEMPTS - 1) continue;
      const rescued = rescuedResult(request, asked, this.identity, sent.requests);
      if (rescued) return this.counted(rescued);
      // An earlier run ended here; asking again means that somebody wants it tried anew.
      if (!last.heard.replayed) throw malformed(request, last.heard);
    }
  }

  async pictureTokens(images: readonly Extract<Part, { type: 'image' }>[]): Promise<number> {
    const bounded = await Promise.all(images.map(({ bytes }) => this.images.bounded(bytes, 'full')));
    return this.costs.estimate(bounded.flatMap((one) => ('image' in one ? [one.image] : [])));
  }

  private counted<T>(result: GenerateResult<T>): GenerateResult<T> {
    if (result.cached) this.cachedCalls++;
    return result;
  }

  /** What an earlier run was told at this attempt, or what the model says now. */
  private async answerAt(
    request: GenerateRequest<unknown>,
    attempt: number,
    level: number,
    bad: BadAnswer | null,
    sent: { requests: number },
  ): Promise<AnsweredStep> {
    const first = await this.step(request, attempt, level, bad);
    for (let step: Step | null = first; step; step = await this.lowerStep(request, step, bad)) {
      const heard = this.remembered(step, request);
      if (heard) return { step, heard };
      if (this.options.cache?.failure(step.key)?.fault !== 'crashed') break;
    }
    for (let step = first; ; ) {
      try {
        return { step, heard: await this.ask(request, step, sent) };
      } catch (thrown) {
        this.learnContext(thrown);
        if (await this.learnsLimit(thrown, step)) {
          step = await this.step(request, attempt, step.level, bad);
          continue;
        }
        this.record(request, step, thrown);
        const lower =
          thrown instanceof LlmError && thrown.fault === 'crashed' ? await this.lowerStep(request, step, bad) : null;
        if (!lower) throw thrown;
        step = lower;
      }
    }
  }

  /** Tells a refusal over the number of pictures once; true when the question is to be asked with fewer. */
  private async learnsLimit(thrown: unknown, { imagesShown }: Step): Promise<boolean> {
    if (!(thrown instanceof LlmError) || thrown.fault !== 'tooManyImages') return false;
    const limit = Math.min(thrown.imageLimit ?? 1, imagesShown - 1);
    if (limit < 0) return false;
    if (limit < this.mostImages) {
      this.mostImages = limit;
      const shown =
        limit === 0
          ? 'no pictures will be shown, and tasks about looks alone stay empty'
          : `${limit} of the pictures of a prompt will be shown (--images-per-prompt ${limit} says so from the start)`;
      this.log.warn(`${thrown.what}: ${thrown.got}. From now on ${shown}`);
    }
    return true;
  }

  /** A server that names its context is believed from then on: prompts that are made later fit into it. */
  private learnContext(thrown: unknown): void {
    if (!(thrown instanceof LlmError) || thrown.contextLimit === null) return;
    const { contextLimit, what } = thrown;
    if (this.contextLength !== null && contextLimit >= this.contextLength) return;
    const before = this.contextLength === null ? '' : `, not ${this.contextLength}`;
    this.contextLength = contextLimit;
    this.tellOnce(
      `${what} takes ${contextLimit} tokens of prompt and answer${before}: from now on prompts are made to fit (--context-length ${contextLimit} says so from the start)`,
    );
  }

  private async step(
    request: GenerateRequest<unknown>,
    attempt: number,
    level: number,
    bad: BadAnswer | null,
  ): Promise<Step> {
    const parts = partsOf(request, attempt);
    const shown = await showImages(parts, level, this.images, {
      required: request.requiredImage,
      most: this.mostImages,
    });
    const { images, remarks } = shown;
    requireImage(request, images, remarks);
    const wire = wireRequest(request, shown, attempt, bad);
    const key = cacheKey(this.identity, this.options.servers[0], request, wire, { attempt, level });
    return { attempt, level, imagesShown: images.length, remarks, wire, key };
  }

  private async lowerStep(request: GenerateRequest<unknown>, step: Step, bad: BadAnswer | null): Promise<Step | null> {
    const level = lowerLevel(step.level, step.imagesShown, request.requiredImage !== undefined);
    return level === null ? null : this.step(request, step.attempt, level, bad);
  }

  private remembered({ key, wire }: Step, request: GenerateRequest<unknown>): ModelAnswer | null {
    const response = this.options.cache?.get(key);
    const [server] = this.options.servers;
    if (response && !this.cuts.isCut(server, wire, response.usage.inputTokens))
      return { ...response, problem: problemOf(readAnswer(response.text, 'stop', request.schema)), replayed: true };
    const failure = this.options.cache?.failure(key);
    if (failure?.fault !== 'malformed') return null;
    return { text: failure.answer ?? '', problem: failure.problem, replayed: true, usage: NO_USAGE, elapsedMs: 0 };
  }

  private async ask(request: GenerateRequest<unknown>, step: Step, sent: { requests: number }): Promise<ModelAnswer> {
    for (let other = this.asking.get(step.key); other; other = this.asking.get(step.key)) {
      const heard = await other.catch(() => null);
      if (heard) return { ...heard, replayed: true };
    }
    const asked = this.send(request, step, sent);
    this.asking.set(step.key, asked);
    try {
      return await asked;
    } finally {
      this.asking.delete(step.key);
    }
  }

  private async send(request: GenerateRequest<unknown>, step: Step, sent: { requests: number }): Promise<ModelAnswer> {
    this.checkLength(request, step.wire);
    const degradable = lowerLevel(step.level, step.imagesShown, request.requiredImage !== undefined) !== null;
    const signal = request.signal ?? this.options.signal;
    const { answer, usage, server, elapsedMs } = await this.sender.send(step.wire, {
      what: request.task,
      timeoutMs: request.timeoutMs ?? CALL_TIMEOUT_MS,
      signal,
      crashes: degradable ? CRASHES_BEFORE_DEGRADING : Number.POSITIVE_INFINITY,
      onRequest: () => sent.requests++,
    });
    for (const note of answer.notes ?? []) this.tellOnce(note);
    const { text, fingerprint, thoughtOnly, withheld = thoughtOnly ? THOUGHT_ONLY : null } = answer;
    const problem = withheld ?? problemOf(readAnswer(text, answer.finish, request.schema));
    if (problem === null) {
      // One of a cut prompt may stand there.
      this.options.cache?.forget(step.key);
      const about = { task: request.task, identity: this.identity, server: server.name, template: request.template };
      const place = { attempt: step.attempt, imageLevel: step.level };
      this.options.cache?.put(step.key, { text, usage, elapsedMs, fingerprint }, { ...about, ...place });
    } else {
      request.onRefused?.(problem);
      this.record(request, step, malformed(request, { text, problem }));
    }
    return { text, problem, replayed: false, usage, elapsedMs };
  }

  private tellOnce(note: string): void {
    if (this.told.has(note)) return;
    this.told.add(note);
    this.log.warn(note);
  }

  private checkLength(request: GenerateRequest<unknown>, wire: WireRequest): void {
    if (this.contextLength === null) return;
    const tokens = estimateText(wire) + this.costs.estimate(picturesOf(wire)) + wire.sampling.maxOutputTokens;
    if (tokens <= this.contextLength) return;
    const got = `about ${tokens} tokens of prompt and answer`;
    throw new LlmError({ fault: 'contextTooLong', what: request.task, got, expected: `at most ${this.contextLength}` });
  }

  private record(request: GenerateRequest<unknown>, step: Step, thrown: unknown): void {
    if (!(thrown instanceof LlmError) || thrown.endsRun) return;
    const { key, attempt, level: imageLevel } = step;
    const { fault, got: problem, answer } = thrown;
    this.options.cache?.recordFailure({ key, task: request.task, fault, problem, answer, attempt, imageLevel });
  }
}

function problemOf(read: { readonly ok: true } | { readonly ok: false; readonly problem: string }): string | null {
  return read.ok ? null : read.problem;
}

function badAnswer(heard: ModelAnswer): BadAnswer {
  return { problem: heard.problem ?? '' };
}
