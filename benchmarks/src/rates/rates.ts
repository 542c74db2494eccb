import type { Device } from '@agentmmrec/kernels';
import { type Caches, readCaches } from './caches.js';
import { type EpochHostRates, epochHostRates, probeEpochHost } from './epochHost.js';
import { probeInfonce, secondsPerLogit } from './infonce.js';
import { type Curve, inPieces, type Pieces, Probes } from './probes.js';
import { type ProductRates, probeProducts, productRates } from './products.js';
import {
  type GatherRates,
  gatherRates,
  type OutputRates,
  outputRates,
  ownLastCache,
  probePropagation,
} from './propagation.js';
import { probeRowCopies, type RowCopyRates, rowCopyRates } from './rowCopies.js';
import { probeSelections, type SelectionRates, selectionRates } from './selections.js';
import { adamCurve, probeStreams, secondsPerWaitingStep, streamCurve } from './streams.js';

/**
 * What the machine does on a device, by microbenchmarks in the run itself: the only numbers the cost model takes from
 * measurement. Inputs are made for the purpose; none of them is a case of a suite.
 */
export interface Rates extends EpochHostRates {
  readonly threads: number;
  readonly caches: Caches;
  /** bytes of the last cache that are ours, from random reads of a table twice its size: neighbours may hold a part */
  readonly ownLastCacheBytes: number;
  /** seconds per byte on the bus of a stream, over arrays of so many bytes in all */
  readonly streams: Curve;
  /** seconds per element that Adam moves, over arrays of so many bytes in all */
  readonly adam: Curve;
  /** seconds per element and step of rows that waited */
  readonly secondsPerWaitingStep: number;
  /** random rows found in the first, second, last cache, and in memory */
  readonly gathers: readonly GatherRates[];
  /** output rows of a propagation beside its entries, by the bytes of all outputs, ascending */
  readonly outputs: readonly OutputRates[];
  /** rows copied out and added in by id, in the last cache and in memory */
  readonly rowCopies: RowCopyRates;
  readonly product: ProductRates;
  /** seconds beside the product per score compared and per candidate taken: a ranking, and a set against itself */
  readonly ranking: SelectionRates;
  readonly pairs: SelectionRates;
  /** seconds per logit of InfoNCE and pass over them, beside the products */
  readonly secondsPerLogit: number;
  /** seconds of a call that does nothing */
  readonly callSeconds: number;
}

/** Rounds of all microbenchmarks: a slow second of the machine spoils one of them, and the middle one of three counts. */
const ROUNDS = 3;

/**
 * Runs the microbenchmarks, five to ten seconds. Memory is given back.
 * @param signal ends them between two runs of one
 * @throws the signal's reason
 */
export async function measureRates(device: Device, threads: number, signal?: AbortSignal): Promise<Rates> {
  const caches = readCaches();
  const probes = new Probes(device);
  for (let round = 0; round < ROUNDS; round++) {
    for (const probe of allProbes) await inPieces(probe(probes, caches), signal);
  }
  const gathers = gatherRates(probes, caches);
  const product = productRates(probes);
  return {
    threads,
    caches,
    ownLastCacheBytes: ownLastCache(probes, caches),
    streams: streamCurve(probes, caches),
    adam: adamCurve(probes, caches),
    secondsPerWaitingStep: secondsPerWaitingStep(probes),
    gathers,
    outputs: outputRates(probes, caches, gathers[1].wide),
    rowCopies: rowCopyRates(probes),
    product,
    ...selectionRates(probes, product.flopsPerSecond),
    secondsPerLogit: secondsPerLogit(probes, product.flopsPerSecond),
    ...epochHostRates(probes),
    callSeconds: probes.seconds('call'),
  };
}

const allProbes: readonly ((probes: Probes, caches: Caches) => Pieces)[] = [
  ...[probeStreams, probePropagation, probeRowCopies, probeProducts, probeSelections, probeInfonce, probeEpochHost],
  probeCall,
];

function* probeCall(probes: Probes): Pieces {
  const { kernels } = probes.device;
  yield* probes.floats([16, 16], (out, x) => probes.time('call', () => kernels.axpby({ out, x, alpha: 1, beta: 0 })));
}
