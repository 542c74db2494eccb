import { type Clock, sleep, withTimeout } from '../contract/clock.js';
import type { LlmServer, ModelIdentity, Usage, WireAnswer, WireRequest } from '../contract/contract.js';
import { abortedError, LlmError, type LlmFault } from '../contract/llmError.js';
import { backOffMs, type RetryPolicy } from './backOff.js';
import type { Budget } from './budget.js';
import type { Lease, Outcome, ServerPool } from './serverPool.js';
import { estimateInput } from './wire.js';

const NOTHING: Usage = { inputTokens: 0, outputTokens: 0 };

export interface SendOptions {
  readonly what: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
  /** crashes after which the caller takes the error to change the request */
  readonly crashes: number;
  onRequest(): void;
}

export interface Sent {
  readonly answer: WireAnswer;
  readonly server: LlmServer;
  readonly elapsedMs: number;
}

/** Sends one request until it is answered: the same bytes again after what may pass, on another server where there is one. */
export class Sender {
  /** failed requests by kind */
  readonly faults: Partial<Record<LlmFault, number>> = {};

  constructor(
    private readonly pool: ServerPool,
    private readonly budget: Budget,
    private readonly policy: RetryPolicy,
    private readonly clock: Clock,
    private readonly random: () => number,
  ) {}

  /** @throws LlmError: the last one when requests are used up, at once when it will not pass */
  async send(request: WireRequest, options: SendOptions): Promise<Sent> {
    let crashes = 0;
    let avoid: LlmServer | null = null;
    for (let sent = 1; ; sent++) {
      const lease: Lease = await this.acquire(options, avoid);
      try {
        return await this.sendOnce(request, lease, options);
      } catch (thrown) {
        if (!(thrown instanceof LlmError)) throw thrown;
        avoid = lease.server;
        // The pool has left that server out; when it was the last one, acquire() says so.
        if (thrown.fault === 'changedModel') continue;
        if (thrown.fault === 'crashed') crashes++;
        if (!thrown.passing || sent >= this.policy.requests || crashes >= options.crashes) throw thrown;
        await this.pause(backOffMs(this.policy, sent - 1, this.random(), thrown.retryAfterMs), options);
      }
    }
  }

  private async sendOnce(request: WireRequest, lease: Lease, options: SendOptions): Promise<Sent> {
    const { server } = lease;
    let outcome: Outcome = 'unused';
    try {
      if (lease.verify)
        this.pool.verified(server, await identify(server, this.clock, options.timeoutMs, options.signal));
      const most = { inputTokens: estimateInput(request), outputTokens: request.sampling.maxOutputTokens };
      const reservation = this.budget.reserve(most);
      let used = NOTHING;
      try {
        options.onRequest();
        const startMs = this.clock.now();
        const answer = await withTimeout(this.clock, options.timeoutMs, options.signal, (s) =>
          server.complete(request, s),
        );
        used = answer.usage;
        outcome = 'answered';
        return { answer, server, elapsedMs: this.clock.now() - startMs };
      } finally {
        reservation.settle(used);
      }
    } catch (thrown) {
      if (thrown instanceof LlmError) {
        if (thrown.kind !== 'interrupted') this.faults[thrown.fault] = (this.faults[thrown.fault] ?? 0) + 1;
        outcome = outcomeOf(thrown);
      }
      throw thrown;
    } finally {
      lease.release(outcome);
    }
  }

  private async acquire(options: SendOptions, avoid: LlmServer | null): Promise<Lease> {
    try {
      return await this.pool.acquire(options.signal, avoid);
    } catch (thrown) {
      if (thrown instanceof LlmError) throw thrown;
      throw abortedError(options.what);
    }
  }

  private async pause(delayMs: number, options: SendOptions): Promise<void> {
    try {
      await sleep(this.clock, delayMs, options.signal);
    } catch {
      throw abortedError(options.what);
    }
  }
}

/** What a failed request says about the server. */
function outcomeOf({ fault, kind }: LlmError): Outcome {
  if (fault === 'crashed') return 'crashed';
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
