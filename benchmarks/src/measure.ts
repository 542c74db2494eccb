import { Breather } from '@agentmmrec/core';
import { describeAgreement } from './agreement.js';
import { type Prediction, predict, together } from './costModel.js';
import type { Peers } from './peer.js';
import type { Rates } from './rates/rates.js';
import { median, quantile, type Ratio, speedRatio } from './statistics.js';
import type { BenchmarkCase, Fact, TimedRun } from './suite.js';

/** Times of one contender, in seconds. */
export interface Series {
  readonly name: string;
  readonly seconds: readonly number[];
  readonly median: number;
  readonly interquartileRange: number;
}

export interface Measurement {
  readonly name: string;
  /** in turns with the others */
  readonly ours: Series;
  /** one after the other with nothing between, which is what the cost model predicts */
  readonly alone: Series;
  readonly gigabytesPerSecond: number;
  readonly gigaflopsPerSecond: number;
  readonly others: readonly (Series & {
    readonly ratio: Ratio;
    readonly target?: number;
    readonly agreement?: string;
    /** the part of the work that was run and whose time was divided by it; absent for all of it */
    readonly share?: number;
  })[];
  /** peers that could not run, with the reason */
  readonly missing: readonly { readonly name: string; readonly why: string }[];
  /** interquartile range over 2 % of the median: read the ratio with its interval */
  readonly noisy: boolean;
  /** what the cost model says, from the rates measured in the run and nothing of this case */
  readonly prediction?: Prediction;
  readonly facts: readonly Fact[];
  readonly scaling?: BenchmarkCase['scaling'];
  /** what bounds the case and what was tried */
  readonly bound?: string;
}

/** Least rounds and least seconds per case; a round runs every contender once, so a slow moment hits all of them. */
export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
}

interface Entrant {
  readonly name: string;
  readonly share: number;
  times: number[];
  run(): Promise<number>;
}

/**
 * Uncounted runs of contenders whose runs are shorter than `forRunsUnder`, all in seconds: at first, until they have the memory they
 * need, and at the start of each turn, until the other side's threads and caches are gone (benchmarks/README.md).
 */
const settling = { atFirst: 3, inTurn: 0.025, forRunsUnder: 0.2 };

/**
 * Measures a case: first alone, then in turns with one contender after the other (ours, contender, ours ...), each time with a
 * warm-up round that is not counted.
 * @param signal ends it between two runs
 * @throws the signal's reason
 */
export async function measure(
  benchmark: BenchmarkCase,
  peer: Peers | null,
  effort: Effort,
  rates: Rates,
  signal?: AbortSignal,
): Promise<Measurement> {
  const pause = pauseFor(signal);
  const ours = entrantOf({ name: 'ours', run: benchmark.run });
  await runRounds([ours], { rounds: 3, seconds: effort.seconds / 2 }, benchmark.rounds, pause);
  const alone = ours.times;
  const others: Measurement['others'][number][] = [];
  const missing: { name: string; why: string }[] = [];
  let inTurns: number[] = [];
  const compare = async (contender: Entrant, agreement?: () => Promise<string>) => {
    ours.times = [];
    await runRounds([ours, contender], effort, benchmark.rounds, pause);
    inTurns = inTurns.concat(ours.times);
    others.push(compared(benchmark, ours, contender, await agreement?.()));
  };
  for (const other of benchmark.others ?? []) await compare(entrantOf(other));
  for (const peerCase of benchmark.peers) {
    const { name } = peerCase;
    await pause();
    const why = peer ? await peer.prepare(peerCase) : 'no Python given (--python)';
    if (peer && why === null)
      await compare({ name, share: 1, times: [], run: () => peer.run() }, agreementWith(peer, benchmark));
    else missing.push({ name, why: why ?? '' });
  }
  signal?.throwIfAborted();
  return {
    ...summary(benchmark, alone, inTurns.length > 0 ? inTurns : alone, rates),
    others,
    missing,
    facts: (await benchmark.facts?.()) ?? [],
  };
}

function agreementWith(peer: Peers, { result }: BenchmarkCase): (() => Promise<string>) | undefined {
  if (!result) return undefined;
  return async () => describeAgreement(result(), await peer.result());
}

function compared(
  { targets }: BenchmarkCase,
  ours: Entrant,
  { name, share, times }: Entrant,
  agreement: string | undefined,
): Measurement['others'][number] {
  const target = targets?.[name];
  return {
    ...series(name, times),
    ratio: speedRatio(ours.times, times),
    ...(target === undefined ? {} : { target }),
    ...(share === 1 ? {} : { share }),
    ...(agreement ? { agreement } : {}),
  };
}

function summary(
  { name, bytes, flops, work, scaling, bound }: BenchmarkCase,
  alone: readonly number[],
  inTurns: readonly number[],
  rates: Rates,
): Omit<Measurement, 'others' | 'missing' | 'facts'> {
  const ours = series('ours', inTurns);
  return {
    name,
    ours,
    alone: series('alone', alone),
    gigabytesPerSecond: bytes / ours.median / 1e9,
    gigaflopsPerSecond: flops / ours.median / 1e9,
    noisy: ours.interquartileRange > 0.02 * ours.median,
    ...(work && { prediction: together(work(rates).map((one) => predict(rates, one))) }),
    ...(scaling && { scaling }),
    ...(bound && { bound }),
  };
}

function entrantOf({ name, share = 1, run }: { name: string; share?: number; run(): TimedRun }): Entrant {
  return { name, share, times: [], run: async () => (await timed(run)) / share };
}

/** Between two runs, which wait for nothing: signals would only be heard at the end. */
function pauseFor(signal: AbortSignal | undefined): () => Promise<void> {
  const breather = new Breather();
  return async () => {
    await breather.breathe();
    signal?.throwIfAborted();
  };
}

async function runRounds(
  entrants: readonly Entrant[],
  effort: Effort,
  exactly: number | undefined,
  pause: () => Promise<void>,
): Promise<void> {
  const quick = new Set<Entrant>();
  if (exactly === undefined) {
    for (const entrant of entrants) {
      const seconds = (await entrant.run()) * entrant.share;
      await pause();
      if (entrants.length === 1 || seconds >= settling.forRunsUnder) continue;
      quick.add(entrant);
      await settle(entrant, settling.atFirst, pause);
    }
  }
  const start = performance.now();
  const enough = (round: number) =>
    exactly === undefined
      ? round > 400 || (round >= effort.rounds && performance.now() - start >= effort.seconds * 1000)
      : round >= exactly;
  for (let round = 0; !enough(round); round++) {
    for (const entrant of entrants) {
      await pause();
      if (quick.has(entrant)) await settle(entrant, settling.inTurn, pause);
      entrant.times.push(await entrant.run());
    }
  }
}

async function settle(entrant: Entrant, seconds: number, pause: () => Promise<void>): Promise<void> {
  const start = performance.now();
  do {
    await pause();
    await entrant.run();
  } while (performance.now() - start < seconds * 1000);
}

async function timed(run: () => TimedRun): Promise<number> {
  const start = performance.now();
  const own = run();
  const seconds = own instanceof Promise ? await own : own;
  return seconds ?? (performance.now() - start) / 1000;
}

function series(name: string, seconds: readonly number[]): Series {
  return {
    name,
    seconds,
    median: median(seconds),
    interquartileRange: quantile(seconds, 0.75) - quantile(seconds, 0.25),
  };
}
