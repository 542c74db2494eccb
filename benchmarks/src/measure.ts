import { describeAgreement } from './agreement.js';
import { type Prediction, predict, together } from './costModel.js';
import type { Peer } from './peer.js';
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
  readonly ours: Series;
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

/** Measures a case against its peers, interleaved: ours, peer, ours, peer ... with a warm-up round that is not counted. */
export async function measure(
  benchmark: BenchmarkCase,
  peer: Peer | null,
  effort: Effort,
  rates: Rates,
): Promise<Measurement> {
  const own = [{ name: 'ours', run: benchmark.run }, ...(benchmark.others ?? [])].map(entrantOf);
  const missing: { name: string; why: string }[] = [];
  const measured: Measurement['others'][number][] = [];
  // One peer at a time: each holds its own copies of the inputs, and the process keeps one prepared case.
  const peers: (BenchmarkCase['peers'][number] | null)[] = benchmark.peers.length ? [...benchmark.peers] : [null];
  let ours: number[] = [];
  for (const [turn, peerCase] of peers.entries()) {
    const entrants = turn === 0 ? [...own] : own.slice(0, 1);
    for (const entrant of entrants) entrant.times = [];
    const why = peerCase && (peer ? await peer.prepare(peerCase) : 'no Python given (--python)');
    if (peerCase && why !== null) missing.push({ name: peerCase.name, why });
    const opponent = peerCase && why === null ? peer : null;
    if (peerCase && opponent) entrants.push({ name: peerCase.name, share: 1, times: [], run: () => opponent.run() });
    if (turn > 0 && entrants.length === 1) continue;
    await runRounds(entrants, effort, benchmark.rounds);
    const agreement =
      opponent && benchmark.result ? describeAgreement(benchmark.result(), await opponent.result()) : undefined;
    const [base, ...rest] = entrants;
    ours = ours.concat(base.times);
    for (const { name, share, times } of rest) {
      const target = benchmark.targets?.[name];
      measured.push({
        ...series(name, times),
        ratio: speedRatio(base.times, times),
        ...(target === undefined ? {} : { target }),
        ...(share === 1 ? {} : { share }),
        ...(opponent && name === peerCase?.name && agreement ? { agreement } : {}),
      });
    }
  }
  const result = series('ours', ours);
  const { name, bytes, flops, work, scaling, bound } = benchmark;
  return {
    name,
    ours: result,
    gigabytesPerSecond: bytes / result.median / 1e9,
    gigaflopsPerSecond: flops / result.median / 1e9,
    others: measured,
    missing,
    noisy: result.interquartileRange > 0.02 * result.median,
    ...(work && { prediction: together(work(rates).map((one) => predict(rates, one))) }),
    facts: (await benchmark.facts?.()) ?? [],
    ...(scaling && { scaling }),
    ...(bound && { bound }),
  };
}

function entrantOf({ name, share = 1, run }: { name: string; share?: number; run(): TimedRun }): Entrant {
  return { name, share, times: [], run: async () => (await timed(run)) / share };
}

async function runRounds(entrants: readonly Entrant[], effort: Effort, exactly: number | undefined): Promise<void> {
  if (exactly === undefined) for (const entrant of entrants) await entrant.run();
  const start = performance.now();
  const enough = (round: number) =>
    exactly === undefined
      ? round > 400 || (round >= effort.rounds && performance.now() - start >= effort.seconds * 1000)
      : round >= exactly;
  for (let round = 0; !enough(round); round++) {
    for (const entrant of entrants) entrant.times.push(await entrant.run());
  }
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
