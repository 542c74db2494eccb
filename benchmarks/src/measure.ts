import type { Peer } from './peer.js';
import { median, quantile, type Ratio, speedRatio } from './statistics.js';
import type { BenchmarkCase } from './suite.js';

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
  })[];
  /** peers that could not run, with the reason */
  readonly missing: readonly { readonly name: string; readonly why: string }[];
  /** interquartile range over 2 % of the median: read the ratio with its interval */
  readonly noisy: boolean;
}

/** Least rounds and least seconds per case; a round runs every contender once, so a slow moment hits all of them. */
export interface Effort {
  readonly rounds: number;
  readonly seconds: number;
}

/** Measures a case against its peers, interleaved: ours, peer, ours, peer ... with a warm-up round that is not counted. */
export async function measure(benchmark: BenchmarkCase, peer: Peer | null, effort: Effort): Promise<Measurement> {
  const contenders = [{ name: 'ours', times: [] as number[], run: async () => timed(benchmark.run) }];
  for (const other of benchmark.others ?? []) {
    contenders.push({ name: other.name, times: [], run: async () => timed(other.run) });
  }
  const missing: { name: string; why: string }[] = [];
  const measured: Measurement['others'][number][] = [];
  // One peer at a time: each holds its own copies of the inputs, and the process keeps one prepared case.
  const peers: (BenchmarkCase['peers'][number] | null)[] = benchmark.peers.length ? [...benchmark.peers] : [null];
  let ours: number[] = [];
  for (const [round, peerCase] of peers.entries()) {
    const entrants = round === 0 ? [...contenders] : contenders.slice(0, 1);
    for (const entrant of entrants) entrant.times = [];
    let agreement: string | undefined;
    if (peerCase) {
      const why = peer ? await peer.prepare(peerCase) : 'no Python given (--python)';
      if (why !== null) missing.push({ name: peerCase.name, why });
      else if (peer) entrants.push({ name: peerCase.name, times: [], run: () => peer.run() });
    }
    if (round > 0 && entrants.length === 1) continue;
    await runRounds(entrants, effort);
    if (peerCase && peer && entrants.some((e) => e.name === peerCase.name) && benchmark.result) {
      agreement = describeAgreement(benchmark.result(), await peer.result());
    }
    const base = entrants[0].times;
    ours = ours.concat(base);
    for (const entrant of entrants.slice(1)) {
      const target = benchmark.targets?.[entrant.name];
      measured.push({
        ...series(entrant.name, entrant.times),
        ratio: speedRatio(base, entrant.times),
        ...(target === undefined ? {} : { target }),
        ...(entrant.name === peerCase?.name && agreement ? { agreement } : {}),
      });
    }
  }
  const own = series('ours', ours);
  return {
    name: benchmark.name,
    ours: own,
    gigabytesPerSecond: benchmark.bytes / own.median / 1e9,
    gigaflopsPerSecond: benchmark.flops / own.median / 1e9,
    others: measured,
    missing,
    noisy: own.interquartileRange > 0.02 * own.median,
  };
}

async function runRounds(entrants: { times: number[]; run(): Promise<number> }[], effort: Effort): Promise<void> {
  for (const entrant of entrants) await entrant.run();
  const start = performance.now();
  for (let round = 0; round < effort.rounds || performance.now() - start < effort.seconds * 1000; round++) {
    for (const entrant of entrants) entrant.times.push(await entrant.run());
    if (round >= 400) break;
  }
}

function timed(run: () => void): number {
  const start = performance.now();
  run();
  return (performance.now() - start) / 1000;
}

function series(name: string, seconds: readonly number[]): Series {
  return {
    name,
    seconds,
    median: median(seconds),
    interquartileRange: quantile(seconds, 0.75) - quantile(seconds, 0.25),
  };
}

/** Ids: the share that is equal. Values: the largest difference over the largest magnitude. */
function describeAgreement(ours: Float32Array | Int32Array, theirs: Float32Array | Int32Array): string {
  if (ours.length !== theirs.length) return `DIFFERENT SIZES: ${ours.length} and ${theirs.length}`;
  if (ours instanceof Int32Array) {
    let equal = 0;
    for (let i = 0; i < ours.length; i++) if (ours[i] === theirs[i]) equal++;
    return `${((100 * equal) / ours.length).toFixed(3)} % of ids equal`;
  }
  let difference = 0;
  let magnitude = 0;
  for (let i = 0; i < ours.length; i++) {
    difference = Math.max(difference, Math.abs(ours[i] - theirs[i]));
    magnitude = Math.max(magnitude, Math.abs(theirs[i]));
  }
  return `largest difference ${(difference / Math.max(magnitude, 1e-30)).toExponential(1)} of the largest value`;
}
