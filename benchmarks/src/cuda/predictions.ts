import { type Matrix, type NeighbourLists, RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { definitions } from '@agentmmrec/kernels';
import { type Batch, buildModel, findModel, type ModelData, ModelOptimizer } from '@agentmmrec/models';
import { TripleSampler } from '@agentmmrec/training';
import { type Counts, seededInteractions } from '../sizes.js';
import { CountingDevice } from './countingDevice.js';
import { cudaCases, modelWidths } from './cudaCases.js';

// cuda/predictions.md, computed from the kernels' own counts of bytes and operations. A test compares it.

/** Bandwidth seen on an H100. */
const BYTES_PER_SECOND = 3.0e12;
/** Assumed, not measured: what the plain float32 tiles reach (a quarter of an H100's peak), and what one launch costs. */
const FLOPS_PER_SECOND = 15e12;
const LAUNCH_SECONDS = 4e-6;

/** Counts of the paper's Table 3; Sports' training interactions in the proportion of Baby's. */
const DATA = {
  Baby: { users: 19_445, items: 7_050, interactions: 118_551, paper: '6.04 s' },
  Sports: { users: 35_598, items: 18_357, interactions: 218_487, paper: '9.13 s' },
  Clothing: { users: 39_387, items: 23_033, interactions: 197_338, paper: '10.65 s' },
} as const satisfies Record<string, Counts & { readonly paper: string }>;

/** Kernel launches of a training step; test/cuda counts them on the emulated card. */
export const LAUNCHES = { lightgcn: 37, agentmmrec: 350 } as const;

/** The page `cuda/predictions.md`. */
export function predictionsPage(): string {
  return `# Bytes, operations and predicted times

Written by \`npm run tables\`; a test compares it with the kernels' definitions (\`bytes\`, \`flops\` and \`typical\` in
\`packages/kernels/src\`) and with what the models launch.

## Kernels

At the shapes of a training step on a graph of Clothing's size: n nodes, e entries, d columns, m rows or ids picked, s of them
distinct, k neighbours, b triples, L layers; each visited element counted once per visit. The floor of a kernel is the larger of its
last two numbers: bytes at the 3.0 TB/s seen on an H100, operations at the 15 TFLOP/s assumed for plain float32 tiles. \`spmmRows\`
counts the entries of its rows, \`infonceBackward\` and \`cosineTopK\` what is needed at least: the card's kernels compute logits once
per side, and both triangles.

${kernelTable()}

## Seconds per epoch

Counted on the models' own steps: batch 2,048, blocks of 64 columns, LightGCN with 2 layers, AgentMMRec with four blocks (256
columns), 3 layers, three neighbour graphs with k 10, and projections of 4,096 and twice 384 columns through 256. First all bytes at
3.0 TB/s; then each call by what bounds it at 15 TFLOP/s (a quarter of an H100's peak), and ${LAUNCHES.lightgcn} or ${LAUNCHES.agentmmrec} launches of 4 us a step
(counted on the emulated card). Both rates are assumed, not measured. Not included: sorting ids, evaluation, start, and the host's
calls where they are slower than the launches.

${epochTable()}

The paper does not name its card. Sports' number of training pairs is taken in proportion to Baby's. AgentMMRec's time is mostly
the projections of raw image features, which cuBLAS or tensor cores do several times faster than the plain tiles assumed here.
`;
}

/** Bytes, operations and floors of every kernel at the shapes of the benchmark on Clothing. */
function kernelTable(): string {
  const size = { name: 'clothing', train: seededInteractions(DATA.Clothing), origin: 'seeded' } as const;
  const rows = cudaCases(new CountingDevice(), size, modelWidths).map(({ kernel, shape, bytes, flops }) => {
    const [bytesFormula, flopsFormula] = [definitions[kernel].bytes.formula, definitions[kernel].flops.formula];
    const floors = [time(bytes / BYTES_PER_SECOND), time(flops / FLOPS_PER_SECOND)];
    return [kernel, shape, bytesFormula, flopsFormula, `${amount(bytes)}B`, `${amount(flops)}FLOP`, ...floors];
  });
  return table(['kernel', 'shape', 'bytes', 'operations', 'moved', 'computed', 'at 3.0 TB/s', 'at 15 TFLOP/s'], rows);
}

/** Predicted seconds per epoch beside the paper's. */
function epochTable(): string {
  const rows = Object.entries(DATA).map(([name, { paper, ...counts }]) => {
    const train = seededInteractions(counts);
    const [lightgcn, agentmmrec] = (['lightgcn', 'agentmmrec'] as const).map((model) => predictedEpoch(model, train));
    const numbers = [lightgcn.floor, lightgcn.whole, agentmmrec.floor, agentmmrec.whole];
    return [name, String(lightgcn.steps), ...numbers.map((seconds) => `${seconds.toFixed(3)} s`), paper];
  });
  const models = ['LightGCN: bytes', 'and launches', 'AgentMMRec: bytes', 'and products, launches'];
  return table(['data', 'steps', ...models, 'paper, AgentMMRec'], rows);
}

interface PredictedEpoch {
  readonly steps: number;
  /** all bytes at the bandwidth */
  readonly floor: number;
  /** each call by what bounds it, and the launches */
  readonly whole: number;
}

/** One step counted, times the steps: batches of 2,048, blocks of 64 columns. */
function predictedEpoch(name: keyof typeof LAUNCHES, train: Interactions): PredictedEpoch {
  const device = new CountingDevice();
  const random = new RandomStreams(1);
  const zeros = Object.assign(new RandomStreams(1), {
    stream: () => ({ normal: () => 0 }),
  }) as unknown as RandomStreams;
  const options = name === 'lightgcn' ? { layers: 2 } : { layers: 3, featureScale: 'none' };
  const model = buildModel(findModel(name), { data: dataOf(train), device, random: zeros }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const sampler = new TripleSampler(device, train, train, 2048);
  sampler.startEpoch(0, random);
  const { negatives, ...batch } = sampler.batch(0);
  const stream = random.stream('negatives');
  device.calls.length = 0;
  const drawn = Int32Array.from({ length: negatives.length }, () => stream.integer(train.items));
  const triples: Batch = { ...batch, negatives: drawn };
  optimizer.step(triples);
  const times = device.calls.map(({ bytes, flops }) => [bytes / BYTES_PER_SECOND, flops / FLOPS_PER_SECOND] as const);
  const sum = (of: (one: readonly [number, number]) => number) => times.reduce((total, one) => total + of(one), 0);
  const launches = LAUNCHES[name] * LAUNCH_SECONDS;
  const { steps } = sampler;
  return {
    steps,
    floor: steps * sum(([memory]) => memory),
    whole: steps * (sum(([memory, arithmetic]) => Math.max(memory, arithmetic)) + launches),
  };
}

/** Features of the true widths and knowledge with all its graphs; of values only their number. */
function dataOf(train: Interactions): ModelData {
  const { users, items } = train;
  const neighbours = (rows: number): NeighbourLists => ({
    rows,
    k: 10,
    indices: Int32Array.from({ length: 10 * rows }, (_, i) => (Math.floor(i / 10) + (i % 10) * 37) % rows),
  });
  const feature = (modality: string, cols: number) => ({ modality, matrix: sizeOnly(items, cols), synthetic: true });
  return {
    users,
    items,
    train,
    features: [feature('image', 4096), feature('text', 384)],
    knowledge: {
      reasoner: 'counted',
      userEmbeddings: sizeOnly(users, 384),
      itemEmbeddings: sizeOnly(items, 384),
      bmu: neighbours(users),
      bmi: neighbours(items),
      rti: neighbours(items),
    },
  };
}

function sizeOnly(rows: number, cols: number): Matrix {
  return { rows, cols, data: { length: rows * cols } as unknown as Float32Array };
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const all = [head, ...rows];
  const widths = head.map((_, column) => Math.max(3, ...all.map((row) => row[column].length)));
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell, column) => cell.padEnd(widths[column])).join(' | ')} |`;
  return [line(head), line(widths.map((width) => '-'.repeat(width))), ...rows.map(line)].join('\n');
}

/** Three digits and the prefix of the unit. */
function amount(count: number): string {
  if (count === 0) return '0 ';
  return count < 1e9 ? `${(count / 1e6).toPrecision(3)} M` : `${(count / 1e9).toPrecision(3)} G`;
}

function time(seconds: number): string {
  if (seconds === 0) return '0';
  if (seconds < 1e-4) return `${(seconds * 1e6).toPrecision(2)} us`;
  return seconds < 1e-3 ? `${(seconds * 1e6).toFixed(0)} us` : `${(seconds * 1e3).toPrecision(2)} ms`;
}
