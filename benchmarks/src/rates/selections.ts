import type { Pieces, Probes } from './probes.js';

export interface SelectionRates {
  readonly secondsPerScore: number;
  readonly secondsPerCandidate: number;
}

const [few, many] = [1, 40];
const ranking = { rows: 1536, n: 4096, d: 64 };
const pairs = { n: 3072, d: 64 };

/** Candidates a row takes on the way to its k best of n in random order: the k first, then one in n/k by its rank. */
export function expectedCandidates(n: number, k: number): number {
  return k >= n ? n : k * (1 + Math.log(n / k));
}

/** A ranking and a set against itself, each for few and for many of the best. */
export function* probeSelections(probes: Probes): Pieces {
  const { device } = probes;
  const noMask = probes.once('no mask', () => device.upload(new Int32Array(ranking.rows + 1)));
  const nothing = probes.once('nothing', () => device.upload(new Int32Array(0)));
  for (const k of [few, many]) {
    yield* probes.selection(ranking.rows, k, function* (out) {
      const [users, items] = [probes.drawn(ranking.rows * ranking.d), probes.drawn(ranking.n * ranking.d)];
      const call = { ...out, users, items, maskOffsets: noMask, maskIndices: nothing, d: ranking.d, k };
      yield* probes.time(`ranking ${k}`, () => device.kernels.rankTopK(call));
    });
    yield* probes.selection(pairs.n, k, function* (out) {
      const keys = probes.drawn(pairs.n * pairs.d);
      yield* probes.time(`pairs ${k}`, () => device.kernels.cosineTopK({ ...out, queries: keys, keys, d: pairs.d, k }));
    });
  }
}

export function selectionRates(
  probes: Probes,
  flopsPerSecond: number,
): { ranking: SelectionRates; pairs: SelectionRates } {
  return {
    ranking: beside(probes, 'ranking', { ...ranking, scores: ranking.rows * ranking.n }, flopsPerSecond),
    pairs: beside(probes, 'pairs', { ...pairs, rows: pairs.n, scores: (pairs.n * pairs.n) / 2 }, flopsPerSecond),
  };
}

/** From the times for few and for many: what a candidate costs, then what a score costs, both beside the product. */
function beside(
  probes: Probes,
  name: string,
  { rows, n, d, scores }: { rows: number; n: number; d: number; scores: number },
  flopsPerSecond: number,
): SelectionRates {
  const candidates = (k: number) => rows * expectedCandidates(n, k);
  const [fewSeconds, manySeconds] = [few, many].map((k) => probes.seconds(`${name} ${k}`));
  const secondsPerCandidate = Math.max(0, manySeconds - fewSeconds) / (candidates(many) - candidates(few));
  const left = fewSeconds - (2 * scores * d) / flopsPerSecond - secondsPerCandidate * candidates(few);
  return { secondsPerScore: Math.max(0, left) / scores, secondsPerCandidate };
}
