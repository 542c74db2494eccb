import type { Log } from '@agentmmrec/core';
import { type Clock, waitInWords, whenAborted } from '../contract/clock.js';
import type { LlmServer, ModelIdentity } from '../contract/contract.js';
import { LlmError } from '../contract/llmError.js';
import { LONGEST_WAIT_MS, type RetryPolicy } from './backOff.js';
import { Breaker, type BreakerPolicy } from './breaker.js';
import { Pace } from './pace.js';

export interface PoolPolicy {
  readonly breaker: BreakerPolicy;
  /** all servers out for longer than this ends the run */
  readonly longestOutageMs: number;
  /** the same while no server ever gave an answer: who waits for one that worked waits longer */
  readonly longestFirstOutageMs: number;
  /** how often a server is asked again which model it serves */
  readonly identityEveryMs: number;
}

/**
 * What a request says about its server. `answered`: it works, whatever it answered; `busy`: it lives and is asked too often; `crashed`: it
 * told that its model crashed; `failed`: silence or a broken connection; `unused`: nothing.
 */
export type Outcome = 'answered' | 'busy' | 'crashed' | 'failed' | 'unused';

/** Leave to send one request to a server. */
export interface Lease {
  readonly server: LlmServer;
  /** true when the server has to tell its model again before the request is sent */
  readonly verify: boolean;
  /** Gives the slot back, with what was learnt about the server and, where it failed, what it said and how long it asks to wait. */
  release(outcome: Outcome, trouble?: string, askedMs?: number | null): void;
}

interface Member {
  readonly server: LlmServer;
  readonly breaker: Breaker;
  readonly pace: Pace;
  inFlight: number;
  verifiedAtMs: number;
  excluded: boolean;
}

interface Waiter {
  readonly avoid: LlmServer | null;
  readonly resolve: (lease: Lease) => void;
  readonly reject: (reason: unknown) => void;
}

/** What a pool is made of. */
export interface PoolParts {
  readonly servers: readonly LlmServer[];
  readonly identity: ModelIdentity;
  readonly clock: Clock;
  readonly policy: PoolPolicy;
  /** how long servers that are asked too often are left alone where they do not say */
  readonly retries: RetryPolicy;
  /** uniform in [0, 1) */
  readonly random: () => number;
  readonly log: Log;
}

/** Servers in rotation: each with its limit of calls in flight and its breaker; waiting calls are served in order. */
export class ServerPool {
  private readonly members: Member[];
  private readonly waiting: Waiter[] = [];
  private outSinceMs: number | null = null;
  private readonly troubles: Troubles;
  private cancelWake: (() => void) | null = null;
  private turn = 0;
  private everAnswered = false;
  /** since when requests are out that nobody answered, while nobody ever did */
  private silentSinceMs: number | null = null;
  private givenUp: LlmError | null = null;

  private readonly identity: ModelIdentity;
  private readonly clock: Clock;
  private readonly policy: PoolPolicy;
  private readonly log: Log;

  constructor({ servers, identity, clock, policy, retries, random, log }: PoolParts) {
    this.identity = identity;
    this.clock = clock;
    this.policy = policy;
    this.log = log;
    this.troubles = new Troubles(clock, log);
    this.members = servers.map((server) => ({
      server,
      breaker: new Breaker(clock, policy.breaker),
      pace: new Pace(server.slots, retries, random),
      inFlight: 0,
      verifiedAtMs: clock.now(),
      excluded: false,
    }));
  }

  /**
   * Waits for a server with a free slot.
   * @param avoid the server that just failed this request; used only when no other can take it
   * @throws LlmError outage, when all have been out for too long; the signal's reason when it fires
   */
  acquire(signal: AbortSignal | undefined, avoid: LlmServer | null): Promise<Lease> {
    return new Promise<Lease>((resolve, reject) => {
      if (signal?.aborted) return reject(signal.reason);
      const waiter: Waiter = {
        avoid,
        resolve: (lease) => {
          stopListening();
          resolve(lease);
        },
        reject: (reason) => {
          stopListening();
          reject(reason);
        },
      };
      const stopListening = whenAborted(signal, () => {
        const at = this.waiting.indexOf(waiter);
        if (at >= 0) this.waiting.splice(at, 1);
        if (this.waiting.length === 0) this.cancelWake?.();
        reject(signal?.reason);
      });
      this.waiting.push(waiter);
      this.dispatch();
    });
  }

  /** @throws LlmError changedModel, when `found` is not the model the run began with; the server is then left out for good */
  verified(server: LlmServer, found: ModelIdentity): void {
    const member = this.members.find((candidate) => candidate.server === server);
    if (!member) return;
    const same = found.modelDigest === this.identity.modelDigest && found.serverVersion === this.identity.serverVersion;
    if (same) {
      member.verifiedAtMs = this.clock.now();
      return;
    }
    member.excluded = true;
    const error = changedModel(server, this.identity, found);
    this.log.warn(error.message);
    throw error;
  }

  private dispatch(): void {
    // One look at the clock: a pause that ended between two looks would leave calls waiting with nobody to wake them.
    const nowMs = this.clock.now();
    if (this.givenUp) this.rejectAll(this.givenUp);
    while (this.waiting.length > 0) {
      const member = this.choose(this.waiting[0].avoid, nowMs);
      if (!member) break;
      this.waiting.shift()?.resolve(this.lease(member, nowMs));
    }
    if (this.waiting.length > 0) this.waitForServers(nowMs);
  }

  /** The least loaded server that may be called, in rotation among equals. */
  private choose(avoid: LlmServer | null, nowMs: number): Member | null {
    const open = this.members.filter(
      (member) => !member.excluded && member.inFlight < member.pace.limit && waitMs(member, nowMs) === 0,
    );
    const preferred = open.filter((member) => member.server !== avoid);
    const candidates = preferred.length > 0 ? preferred : open;
    if (candidates.length === 0) return null;
    const load = (member: Member) => member.inFlight / member.server.slots;
    const least = Math.min(...candidates.map(load));
    const equals = candidates.filter((member) => load(member) === least);
    return equals[this.turn++ % equals.length];
  }

  private lease(member: Member, nowMs: number): Lease {
    member.inFlight++;
    this.silentSinceMs ??= nowMs;
    const probe = member.breaker.enter();
    const stale = nowMs - member.verifiedAtMs >= this.policy.identityEveryMs;
    let open = true;
    return {
      server: member.server,
      verify: probe || stale,
      release: (outcome, trouble = '', askedMs = null) => {
        if (!open) return;
        open = false;
        const call = { sentAtMs: nowMs, inFlight: member.inFlight--, askedMs };
        if (outcome === 'answered' || outcome === 'busy') member.breaker.succeeded();
        else if (outcome === 'unused') member.breaker.abandoned();
        else member.breaker.failed(outcome === 'crashed');
        if (outcome !== 'answered' && outcome !== 'unused') this.troubles.last = trouble || this.troubles.last;
        if (outcome === 'answered') {
          member.pace.answered();
          this.outSinceMs = null;
          this.everAnswered = true;
          this.troubles.ended();
        } else if (outcome === 'busy') this.pause(member, call);
        else if (outcome !== 'unused') {
          if (outcome === 'failed') this.giveUpOnSilence();
          if (!this.givenUp) this.troubles.add(member.server.name, trouble);
        }
        this.dispatch();
      },
    };
  }

  /** A server that refuses for long, every time it is asked, is one that is out. */
  private pause(member: Member, call: { sentAtMs: number; inFlight: number; askedMs: number | null }): void {
    const nowMs = this.clock.now();
    const pauseMs = member.pace.refused(nowMs, call);
    this.outSinceMs ??= nowMs;
    const outMs = nowMs - this.outSinceMs;
    if (outMs >= this.longestMs()) this.givenUp = outage([member.server.name], outMs, this.troubles.last);
    else this.troubles.refused(member.server.name, pauseMs ?? call.askedMs);
  }

  private longestMs(): number {
    const { longestOutageMs, longestFirstOutageMs } = this.policy;
    return this.everAnswered ? longestOutageMs : Math.min(longestOutageMs, longestFirstOutageMs);
  }

  /** Who took requests and never answered one is waited for no longer than one that refuses them. */
  private giveUpOnSilence(): void {
    const outMs = this.clock.now() - (this.silentSinceMs ?? this.clock.now());
    if (this.everAnswered || outMs < Math.min(this.policy.longestOutageMs, this.policy.longestFirstOutageMs)) return;
    const names = this.members.filter(({ excluded }) => !excluded).map(({ server }) => server.name);
    this.givenUp = outage(names, outMs, this.troubles.last);
  }

  /** Calls wait: for a slot, then a release wakes them, or for a breaker's pause to end. */
  private waitForServers(nowMs: number): void {
    const usable = this.members.filter((member) => !member.excluded);
    const waits = usable.map((member) => waitMs(member, nowMs));
    if (waits.some((wait) => wait === 0)) return;
    this.outSinceMs ??= nowMs;
    const outMs = nowMs - this.outSinceMs;
    const longestMs = this.longestMs();
    // One that asked for a pause is waited for.
    const pauses = usable.some(({ pace }) => pace.waitMs(nowMs) > 0);
    if (usable.length === 0 || (outMs >= longestMs && !pauses)) {
      const names = usable.map((member) => member.server.name);
      this.rejectAll(usable.length === 0 ? noServerLeft(this.identity) : outage(names, outMs, this.troubles.last));
      return;
    }
    this.troubles.waiting(outMs, longestMs);
    const soonest = Math.min(...waits);
    this.cancelWake?.();
    if (Number.isFinite(soonest)) this.cancelWake = this.clock.after(soonest, () => this.dispatch());
  }

  private rejectAll(reason: LlmError): void {
    for (const waiter of this.waiting.splice(0)) waiter.reject(reason);
  }
}

/** How long from `nowMs` until a member may be called. */
function waitMs({ breaker, pace }: Member, nowMs: number): number {
  return Math.max(breaker.waitMs(nowMs), pace.waitMs(nowMs));
}

/** Failures of servers that are told: the first ones of each row, and every minute of waiting. */
class Troubles {
  last = '';
  private told = 0;
  private toldAtMs = Number.NEGATIVE_INFINITY;
  private toldRefusalAtMs = Number.NEGATIVE_INFINITY;

  constructor(
    private readonly clock: Clock,
    private readonly log: Log,
  ) {}

  add(server: string, trouble: string): void {
    if (this.told >= FIRST_TROUBLES) return;
    this.told++;
    this.tell(`${server}: ${trouble || 'no answer'}; it is asked again`);
  }

  /** A server that is asked too often: told at first, and every minute where that happens again and again. */
  refused(server: string, waitMs: number | null): void {
    if (this.clock.now() - this.toldRefusalAtMs < TOLD_EVERY_MS) return;
    this.toldRefusalAtMs = this.clock.now();
    // Who asks for a long wait is not asked again by this run.
    const again = waitMs === null ? 'asked again later' : `asked again in ${(waitMs / 1000).toFixed(1)} s`;
    const then = waitMs !== null && waitMs > LONGEST_WAIT_MS ? `asks to wait ${waitInWords(waitMs)}` : again;
    this.tell(`${server} is asked too often, and ${then}: ${this.last}`);
  }

  /** All servers are out. */
  waiting(outMs: number, longestMs: number): void {
    if (this.clock.now() - this.toldAtMs < TOLD_EVERY_MS) return;
    const minutes = (ms: number) => (ms / 60_000).toFixed(ms < 600_000 ? 1 : 0);
    this.tell(
      `no usable answer for ${minutes(outMs)} min, the last: ${this.last}; given up after ${minutes(longestMs)} min`,
    );
  }

  ended(): void {
    this.told = 0;
  }

  private tell(line: string): void {
    this.toldAtMs = this.clock.now();
    this.log.warn(line);
  }
}

const FIRST_TROUBLES = 2;
const TOLD_EVERY_MS = 60_000;

function outage(names: readonly string[], outMs: number, last: string): LlmError {
  return new LlmError({
    fault: 'outage',
    what: names.join(', '),
    got: `no usable answer for ${Math.round(outMs / 1000)} s${last ? `, the last: ${last}` : ''}`,
    expected: 'a server that answers',
    ...(last.startsWith('silence') && {
      hint: 'see the log of the LLM server: it takes requests and says nothing; a model that needs longer to load or to answer wants a longer --call-timeout, a smaller model or fewer --llm-slots',
    }),
  });
}

function noServerLeft(identity: ModelIdentity): LlmError {
  return new LlmError({
    fault: 'changedModel',
    what: `servers of ${identity.model}`,
    got: 'none left that serves the model the run began with',
    expected: identity.modelDigest,
  });
}

function changedModel(server: LlmServer, expected: ModelIdentity, found: ModelIdentity): LlmError {
  return new LlmError({
    fault: 'changedModel',
    what: server.name,
    got: `model ${found.modelDigest} on version ${found.serverVersion || 'unknown'}`,
    expected: `${expected.modelDigest} on version ${expected.serverVersion || 'unknown'}, as when the run began`,
  });
}
