import { predict, together } from './costModel.js';
import { lightgcnEpoch, propagation } from './kernelWork.js';
import type { Rates } from './rates/rates.js';

/** What a graph would need on the measured machine, by the cost model. */
export interface Requirement {
  readonly name: string;
  readonly nodes: number;
  readonly edges: number;
  /** seconds of one product with the adjacency, 64 wide */
  readonly propagationSeconds: number;
  /** seconds of an epoch of LightGCN, 2 layers, batches of 2048 */
  readonly epochSeconds: number;
  /** the same in sixteen steps (`--preset fast`), whatever the edges */
  readonly fewStepsSeconds: number;
  /** bytes that training holds: tables of a step, adjacency, interactions */
  readonly bytes: number;
}

const WIDTH = 64;
const LAYERS = 2;
const BATCH = 2048;
const FEW_STEPS = 16;
/** Tables of 64 columns that training holds: embedding, gradient, two moments, two layers, and the best values so far. */
const TABLES = 7;
/** Nodes and interactions of Amazon Clothing's training graph: larger graphs are given its mean degree. */
const clothing = { nodes: 39_387 + 23_033, edges: 197_338 };

/**
 * Clothing, and graphs of 10^7 and 10^9 edges of the same mean degree. An edge is a training interaction; the adjacency holds
 * it in both directions. Columns are taken as uniformly random, which is unkind: real graphs reuse popular rows.
 */
export function requirements(rates: Rates): Requirement[] {
  return [
    requirement(rates, 'Amazon Clothing', clothing.edges),
    requirement(rates, '10^7 edges', 1e7),
    requirement(rates, '10^9 edges', 1e9),
  ];
}

function requirement(rates: Rates, name: string, edges: number): Requirement {
  const nodes = Math.round((clothing.nodes / clothing.edges) * edges);
  const tableBytes = 4 * WIDTH * nodes;
  const entries = 2 * edges;
  const inLast = Math.min(1, rates.ownLastCacheBytes / tableBytes);
  const whole = propagation(
    rates,
    { rows: nodes, indices: { length: entries } },
    { d: WIDTH, entryBytes: 8, shares: [0, 0, inLast] },
  );
  const epochSeconds = (batch: number) => {
    const shape = { d: WIDTH, layers: LAYERS, batch, positives: edges };
    const epoch = lightgcnEpoch(rates, { whole, nodes, entries }, shape);
    return together(epoch.map((work) => predict(rates, work))).seconds;
  };
  return {
    name,
    nodes,
    edges,
    propagationSeconds: predict(rates, whole).seconds,
    epochSeconds: epochSeconds(BATCH),
    fewStepsSeconds: epochSeconds(Math.max(BATCH, Math.ceil(edges / FEW_STEPS))),
    // the adjacency once, as it is symmetric; interactions as compressed rows and as two columns of an epoch's order
    bytes: TABLES * tableBytes + 8 * entries + 4 * nodes + 20 * edges,
  };
}
