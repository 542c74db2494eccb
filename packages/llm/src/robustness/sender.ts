import { type Clock, sleep, waitInWords, withTimeout } from '../contract/clock.js';
import type { LlmServer, ModelIdentity, Usage, WireAnswer, WireRequest } from '../contract/contract.js';
import { abortedError, LlmError, type LlmFault } from '../contract/llmError.js';
import { estimateTokens } from '../contract/tokens.js';
import type { PictureCosts } from '../images/pictureCosts.js';
import { backOffMs, LONGEST_WAIT_MS, type RetryPolicy } from './backOff.js';
import type { Budget } from './budget.js';
import type { PromptCuts } from './promptCuts.js';
import type { Lease, Outcome, ServerPool } from './serverPool.js';
import { estimateText, picturesOf } from './wire.js';

/** Tokens of an answer that nobody reads. */
const LITTLE_OUTPUT = 16;
const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 };

export interface SendOptions {
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** crashes after which the caller takes the error to change the request */
  readonly crashes: number;
  onRequest(): void;
}

export interface SentRequest {
  readonly answer: WireAnswer;
  /** as told, by estimate where nothing usable was told */
  readonly usage: Usage;
  readonly server: LlmServer;
  readonly elapsedMs: number;
}

/** What a sender works with. */
export interface SenderParts {
  readonly pool: ServerPool;
  readonly budget: Budget;
  readonly policy: RetryPolicy;
  readonly clock: Clock;
  /** [0, 1): spreads the waits */
  readonly random: () => number;
  readonly costs: PictureCosts;
  readonly cuts: PromptCuts;
}

/** Sends one request until it is answered: the same bytes again after what may pass, on another server where there is one. */
export class Sender {
  /** failed requests by kind */
  readonly faults: Partial<Record<LlmFault, number>> = {};

  constructor(private readonly parts: SenderParts) {}

  /** @throws LlmError: the last one when requests are used up, at once when it will not pass */
  async send(request: WireRequest, options: SendOptions): Promise<SentRequest> {
    let [crashes, failures, refusals] = [0, 0, 0];
    let refusedSinceMs: number | null = null;
    let avoid: LlmServer | null = null;
    for (;;) {
      const lease: Lease = await this.acquire(options, avoid);
      try {
        return await this.sendOnce(request, lease, options);
      } catch (thrown) {
        if (!(thrown instanceof LlmError)) throw thrown;
        avoid = lease.server;
        // The pool has left that server out; when it was the last one, acquire() says so.
        if (thrown.fault === 'changedModel') continue;
        const { policy, random } = this.parts;
        if (thrown.retryAfterMs !== null && thrown.retryAfterMs > LONGEST_WAIT_MS)
          throw tooLongAWait(thrown, thrown.retryAfterMs);
        if (thrown.fault === 'busy') {
          // However often: it is the pool that gives up a server, unless others are answered meanwhile.
          refusedSinceMs ??= this.parts.clock.now();
          const isOutOfTime = this.parts.clock.now() - refusedSinceMs > LONGEST_WAIT_MS;
          if (isOutOfTime && refusals >= policy.requests) throw thrown;
          await this.pause(backOffMs(policy, refusals++, random(), thrown.retryAfterMs), options);
          continue;
        }
        if (thrown.fault === 'crashed') crashes++;
        if (!thrown.passing || ++failures >= policy.requests || crashes >= options.crashes) throw thrown;
        await this.pause(backOffMs(policy, failures - 1, random(), thrown.retryAfterMs), options);
      }
    }
  }

  private async sendOnce(request: WireRequest, lease: Lease, options: SendOptions): Promise<SentRequest> {
    const { server } = lease;
    let outcome: Outcome = 'unused';
    let [trouble, askedMs]: [string, number | null] = ['', null];
    try {
      if (lease.verify)
        this.parts.pool.verified(server, await identify(server, this.parts.clock, options.timeoutMs, options.signal));
      this.parts.cuts.check(server, request);
      const [text, pictures] = [estimateText(request), picturesOf(request)];
      const inputTokens = text + this.parts.costs.estimate(pictures);
      const reservation = this.parts.budget.reserve({ inputTokens, outputTokens: request.sampling.maxOutputTokens });
      let used = NOTHING;
      try {
        options.onRequest();
        const startMs = this.parts.clock.now();
        const answer = await withTimeout(this.parts.clock, options.timeoutMs, options.signal, (s) =>
          server.complete(request, s),
        );
        const outputTokens = answer.usage.outputTokens ?? estimateTokens(answer.text);
        used = { inputTokens: answer.usage.inputTokens ?? inputTokens, outputTokens };
        const reported = await this.parts.cuts.observe(server, request, answer.usage.inputTokens, () =>
          this.reportOfLittle(server, request, options),
        );
        used = { inputTokens: reported ?? inputTokens, outputTokens };
        this.parts.costs.observe(pictures, reported, text);
        outcome = 'answered';
        return { answer, usage: used, server, elapsedMs: this.parts.clock.now() - startMs };
      } catch (thrown) {
        // It was at work when it was given up.
        if (thrown instanceof LlmError && thrown.fault === 'timeout') used = { inputTokens, outputTokens: 0 };
        throw thrown;
      } finally {
        reservation.settle(used);
      }
    } catch (thrown) {
      if (thrown instanceof LlmError) {
        if (thrown.kind !== 'interrupted') this.faults[thrown.fault] = (this.faults[thrown.fault] ?? 0) + 1;
        outcome = outcomeOf(thrown);
        [trouble, askedMs] = [thrown.got, thrown.retryAfterMs];
      }
      throw thrown;
    } finally {
      lease.release(outcome, trouble, askedMs);
    }
  }

  /** What a server reports of a prompt of one word; null when it gives no answer. */
  private async reportOfLittle(
    server: LlmServer,
    { sampling, ...request }: WireRequest,
    options: SendOptions,
  ): Promise<number | null> {
    const turns = [{ role: 'user', text: 'Hello', images: [] }] as const;
    const little = { ...request, system: 'Answer.', turns, sampling: { ...sampling, maxOutputTokens: LITTLE_OUTPUT } };
    const expected = { inputTokens: estimateText(little), outputTokens: LITTLE_OUTPUT };
    const reservation = this.parts.budget.reserve(expected);
    try {
      options.onRequest();
      const { usage } = await withTimeout(this.parts.clock, options.timeoutMs, options.signal, (signal) =>
        server.complete(little, signal),
      );
      return usage.inputTokens;
    } catch (thrown) {
      if (!(thrown instanceof LlmError) || thrown.kind === 'interrupted') throw thrown;
      return null;
    } finally {
      reservation.settle(expected);
    }
  }

  private async acquire(options: SendOptions, avoid: LlmServer | null): Promise<Lease> {
    try {
      return await this.parts.pool.acquire(options.signal, avoid);
    } catch (thrown) {
      if (thrown instanceof LlmError) throw thrown;
      throw abortedError(options.what);
    }
  }

  private async pause(delayMs: number, options: SendOptions): Promise<void> {
    try {
      await sleep(this.parts.clock, delayMs, options.signal);
    } catch {
      throw abortedError(options.what);
    }
  }
}

function tooLongAWait({ what, got }: LlmError, waitMs: number): LlmError {
  return new LlmError({
    fault: 'quota',
    what,
    got: `a request to wait ${waitInWords(waitMs)} (${got})`,
    expected: `waits of at most ${waitInWords(LONGEST_WAIT_MS)}`,
    hint: 'run the command again after that time: what is done is kept; or name another server',
  });
}

/** What a failed request says about the server. */
function outcomeOf({ fault, kind }: LlmError): Outcome {
  if (fault === 'crashed' || fault === 'busy') return fault;
  if (fault === 'timeout' || fault === 'network') return 'failed';
  return kind === 'interrupted' ? 'unused' : 'answered';
}

/** Asks a server which model it serves. @throws LlmError */
export function identify(
  server: LlmServer,
  clock: Clock,
  timeoutMs: number,
  signal: AbortSignal | undefined,
): Promise<ModelIdentity & { readonly seesImages: boolean }> {
  return withTimeout(clock, timeoutMs, signal, (attempt) => server.identity(attempt));
}
