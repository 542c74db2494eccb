import { RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { definitions } from '@agentmmrec/kernels';
import { type Batch, buildModel, findModel, ModelOptimizer } from '@agentmmrec/models';
import { TripleSampler } from '@agentmmrec/training';
import { type Counts, seededInteractions } from '../sizes.js';
import { type CountedCall, CountingDevice } from './countingDevice.js';
import { CountingGroup } from './countingGroup.js';
import { cudaCases, modelWidths } from './cudaCases.js';
import { EPOCH_MODELS, type EpochModel, epochData, sizeOnly, trueWidths } from './epochModels.js';

// cuda/predictions.md, computed from the kernels' own counts of bytes and operations. A test compares it.

/** Seen on each: its memory's bandwidth. The two differ in nothing else that counts here. */
export const BYTES_PER_SECOND = { H100: 3.0e12, H200: 4.3e12 } as const;
export type Chip = keyof typeof BYTES_PER_SECOND;
/**
 * Assumed, not measured: what its second cache gives, what the plain float32 tiles reach (a quarter of its peak), what cuBLAS reaches in
 * float32 and in TF32 (two thirds and half of its peak), and what a kernel costs between two others of a graph.
 */
const CACHE_BYTES_PER_SECOND = 5.5e12;
export const FLOPS_PER_SECOND = 15e12;
export const BLAS_FLOPS_PER_SECOND = 45e12;
export const TF32_FLOPS_PER_SECOND = 250e12;
export const KERNEL_SECONDS = 1.5e-6;
/** Assumed: what arrives at a card by NVLink 4 and by PCIe 4, and what handing round costs beside (two rounds of events, a copy). */
const LINKS = { NVLink: 300e9, PCIe: 20e9 } as const;
const SHARE_SECONDS = 15e-6;

/** Counts of the paper's Table 3; Sports' training interactions in the proportion of Baby's. */
export const DATA = {
  Baby: { users: 19_445, items: 7_050, interactions: 118_551, paper: '6.04 s' },
  Sports: { users: 35_598, items: 18_357, interactions: 218_487, paper: '9.13 s' },
  Clothing: { users: 39_387, items: 23_033, interactions: 197_338, paper: '10.65 s' },
} as const satisfies Record<string, Counts & { readonly paper: string }>;

/** Kernels in the graph that a training step is; test/cuda counts them on the emulated card. */
export const LAUNCHES = { lightgcn: 24, agentmmrec: 232 } as const;

/** The page `cuda/predictions.md`. */
export function predictionsPage(): string {
  return `# Bytes, operations and predicted times

Written by \`npm run tables\`; a test compares it with the kernels' definitions (\`bytes\`, \`flops\` and \`typical\` in
\`packages/kernels/src\`) and with what the models launch.

## Kernels

At the shapes of a training step on a graph of Clothing's size: n nodes, e entries, d columns, m rows or ids picked, s of them
distinct, k neighbours, b triples, L layers. "Visited" counts each element once per visit, which is what the second cache moves at
least; "arrays" counts every array once (where nothing is visited again, read and written), which is what the card's memory moves at least. Floors: arrays at the 3.0 TB/s seen on an
H100, visits at the 5.5 TB/s assumed for its second cache, operations at the 15 TFLOP/s assumed for plain float32 tiles. The
prediction is the largest of the three and 1.5 us for the kernel itself. \`spmmRows\` counts the entries of its rows,
\`infonceBackward\` and \`cosineTopK\` what is needed at least: the card's kernels compute logits once per side, and both triangles.

${kernelTable()}

## Seconds per epoch

Counted on the models' own steps: batch 2,048, blocks of 64 columns, LightGCN with 2 layers, AgentMMRec with its defaults but 3 layers
(an id and a knowledge block, 128 columns, side views gated by image features of 4,096 columns, all of which enter, texts and
knowledge of 384), three neighbour graphs with k 10. A step is one launch of a graph of ${LAUNCHES.lightgcn} or ${LAUNCHES.agentmmrec} kernels (counted on the emulated card). The host waits for the card
once every 64 steps and at the end of an epoch; per step nothing crosses the bus, per epoch two counts go up and
the losses come back (4 or 8 bytes a step; the order is drawn on the card). Predicted: each call by its largest floor and 1.5 us a kernel, with
products at the 15 TFLOP/s of our own tiles, and at the 45 and 250 TFLOP/s assumed for cuBLAS in float32 and with \`--precision tf32\`, where the card's
memory bounds them. All rates but the memory's are assumed, not measured. Not included: sorting ids, drawing the epoch, evaluation, start.

${epochTable()}

The paper does not name its card. Sports' number of training pairs is taken in proportion to Baby's. AgentMMRec's time is mostly the
gates' products with raw image features, as those of features whose directions are many; with features that enter through 256 directions, as the default
\`--feature-rank auto\` has it where 256 keep 99.9 % of their energy, these products are a sixteenth.

## Several cards

LightGCN with 2 layers on Clothing, batch 2,048, where several cards share the columns ([why](../docs/decisions/columns-over-cards.md)). A card's step is counted as that of
a model as wide as its share, with two kernels more for the sums in halves; twice a step the cards hand round ${amount(blockBytes(64))}B (64 columns) of sums of
16 columns (8 bytes for each, of ${4 * 2048} rows: margins of the triples, lengths of their rows). Assumed: ${LINKS.NVLink / 1e9} GB/s by NVLink, ${LINKS.PCIe / 1e9} GB/s by PCIe, and ${SHARE_SECONDS * 1e6} us each
time. Tables are what a card holds of the embedding, its gradient, two moments and two layers; graph, triples and sums each card has whole.

${cardsTable()}

AgentMMRec as above (128 columns; products by cuBLAS in float32), counted on its own step: columns are computed where they are, the first layer of each projection by the columns of its
weights. What needs whole rows has them handed round and is computed by each card: the hidden rows and their gradients between the layers of the projections, most of
what is handed round by far; the batch's rows for InfoNCE and the regulariser. So the bits are those of one card as far as a product has the same bits for some of its columns: our own
tiles do, of cuBLAS that is not promised. Handing round takes most of what the columns save: by NVLink four cards are a tenth quicker, by PCIe one card is quicker than several, and
several are for tables that do not fit one. Tables are the ids, their gradient, two moments, and four of 128 columns in a step; features, graphs and what is handed round each card has whole.

${agentmmrecCardsTable()}

All other models that are trained by steps run on several cards too (\`test/cuda/cardModels.test.ts\`); what they hand round is not counted here.

BPR hands round once a step, two sums a triple: half as many bytes. Its two kernels with tables take 8 us of a step on one card (above), less than
handing round costs: there several cards are for tables that do not fit one, not for speed.
`;
}

/** Bytes, operations and floors of every kernel at the shapes of the benchmark on Clothing. */
function kernelTable(): string {
  const size = { name: 'clothing', train: seededInteractions(DATA.Clothing), origin: 'seeded' } as const;
  const rows = cudaCases(new CountingDevice(), size, modelWidths).map((one) => {
    const { kernel, shape, bytes, leastBytes, flops } = one;
    const [bytesFormula, flopsFormula] = [definitions[kernel].bytes.formula, definitions[kernel].flops.formula];
    const floors = floorsOf(one);
    const amounts = [amount(bytes), amount(leastBytes)].map((bytesThere) => `${bytesThere}B`);
    const predicted = Math.max(...floors) + KERNEL_SECONDS;
    return [
      kernel,
      shape,
      bytesFormula,
      flopsFormula,
      ...amounts,
      `${amount(flops)}FLOP`,
      ...[...floors, predicted].map(time),
    ];
  });
  const floors = ['arrays at 3.0 TB/s', 'visits at 5.5 TB/s', 'at 15 TFLOP/s', 'predicted'];
  return table(['kernel', 'shape', 'bytes', 'operations', 'visited', 'arrays', 'computed', ...floors], rows);
}

/** Seconds at least: of the card's memory, its second cache, its arithmetic. */
export function floorsOf(
  { bytes, leastBytes, flops }: Omit<CountedCall, 'kernel'>,
  flopsPerSecond = FLOPS_PER_SECOND,
  chip: Chip = 'H100',
): number[] {
  return [leastBytes / BYTES_PER_SECOND[chip], bytes / CACHE_BYTES_PER_SECOND, flops / flopsPerSecond];
}

/** Predicted seconds per epoch beside the paper's. */
function epochTable(): string {
  const rows = Object.entries(DATA).map(([name, { paper, ...counts }]) => {
    const train = seededInteractions(counts);
    const [lightgcn, agentmmrec] = (['lightgcn', 'agentmmrec'] as const).map((model) => predictedEpoch(model, train));
    const seconds = (value: number) => `${value.toFixed(3)} s`;
    const moved = (epoch: PredictedEpoch) => `${(epoch.bytes / 1e9).toFixed(1)} GB`;
    const [own, blas, tf32] = [agentmmrec.own, agentmmrec.blas, agentmmrec.tf32].map(seconds);
    const waits = String(Math.ceil(lightgcn.steps / STEPS_BETWEEN_WAITS));
    return [
      name,
      String(lightgcn.steps),
      waits,
      moved(lightgcn),
      seconds(lightgcn.own),
      moved(agentmmrec),
      own,
      blas,
      tf32,
      paper,
    ];
  });
  const models = ['LightGCN visits', 'predicted', 'AgentMMRec visits', 'own tiles', 'cuBLAS', 'cuBLAS, tf32'];
  return table(['data', 'steps', 'waits', ...models, 'paper, AgentMMRec'], rows);
}

/** Bytes that all cards together have to hand round for a step of LightGCN: a sum of each 16 columns of four rows a triple. */
function blockBytes(columns: number): number {
  return (8 * 4 * 2048 * columns) / 16;
}

function cardsTable(): string {
  const { paper: _, ...counts } = DATA.Clothing;
  const train = seededInteractions(counts);
  const nodes = counts.users + counts.items;
  const rows = [64, 256].flatMap((columns) =>
    [1, 2, 4].map((cards) => {
      const { steps, own } = predictedEpoch('lightgcn', train, columns / cards);
      const arriving = (blockBytes(columns) * (cards - 1)) / cards;
      const epoch = (bytesPerSecond: number) =>
        own + (cards === 1 ? 0 : steps * (2 * SHARE_SECONDS + 2 * KERNEL_SECONDS + arriving / bytesPerSecond));
      return [
        String(columns),
        String(cards),
        `${amount(6 * nodes * (columns / cards) * 4)}B`,
        cards === 1 ? '-' : `${amount(arriving)}B`,
        ...Object.values(LINKS).map((rate) => `${(1e3 * epoch(rate)).toFixed(1)} ms`),
      ];
    }),
  );
  const links = Object.keys(LINKS).map((link) => `epoch, ${link}`);
  return table(['columns', 'cards', 'tables of a card', 'arrives at a card a step', ...links], rows);
}

function agentmmrecCardsTable(): string {
  const { paper: _, ...counts } = DATA.Clothing;
  const train = seededInteractions(counts);
  const nodes = counts.users + counts.items;
  const one = predictedEpoch('agentmmrec', train);
  const rows = [1, 2, 4].map((cards) => {
    const group = cards === 1 ? null : new CountingGroup(cards);
    const { steps, blas, calls } = group ? predictedEpoch('agentmmrec', train, 64, group) : one;
    const { bytes, times } = group?.handedRound ?? { bytes: 0, times: 0 };
    const epoch = (bytesPerSecond: number) =>
      blas + steps * ((calls - one.calls) * KERNEL_SECONDS + times * SHARE_SECONDS + bytes / bytesPerSecond);
    return [
      String(cards),
      `${amount((4 * nodes * 64 * 4 + 4 * nodes * 128 * 4) / cards)}B`,
      cards === 1 ? '-' : `${amount(bytes)}B in ${times}`,
      String(LAUNCHES.agentmmrec + calls - one.calls),
      ...Object.values(LINKS).map((rate) => `${(1e3 * epoch(rate)).toFixed(0)} ms`),
    ];
  });
  const links = Object.keys(LINKS).map((link) => `epoch, ${link}`);
  return table(['cards', 'tables of a card', 'arrives at a card a step', 'kernels a card', ...links], rows);
}

/** As `EpochSteps` waits. */
const STEPS_BETWEEN_WAITS = 64;

export interface PredictedEpoch {
  readonly steps: number;
  /** of kernels by a step, on the first card */
  readonly calls: number;
  /** of a card's memory, for building the model and a step */
  readonly peakBytes: number;
  /** of all visits */
  readonly bytes: number;
  /** seconds: each call by its largest floor, and the kernels; with products by our own tiles, by cuBLAS, or by it in TF32 */
  readonly own: number;
  readonly blas: number;
  readonly tf32: number;
  /** the same on a chip, with products at a rate */
  secondsOn(chip: Chip, products: number): number;
}

/** One step counted, times the steps: batches of 2,048, blocks of 64 columns. */
export function predictedEpoch(
  name: EpochModel,
  train: Interactions,
  dimensions = 64,
  device = new CountingDevice(),
): PredictedEpoch {
  const random = new RandomStreams(1);
  const zeros = Object.assign(new RandomStreams(1), {
    stream: () => ({ normal: () => 0 }),
  }) as unknown as RandomStreams;
  const options = { ...EPOCH_MODELS[name], dimensions };
  const data = epochData(name, train, trueWidths, sizeOnly);
  const model = buildModel(findModel(name), { data, device, random: zeros }, options);
  const optimizer = new ModelOptimizer(device, model, { learningRate: 1e-3 });
  const sampler = new TripleSampler(device, train, { batchSize: 2048 });
  sampler.startEpoch(0, random);
  const { negatives, ...batch } = sampler.batch(0);
  const stream = random.stream('negatives');
  device.calls.length = 0;
  if (device instanceof CountingGroup) device.handedRound.bytes = device.handedRound.times = 0;
  const drawn = Int32Array.from({ length: negatives.length }, () => stream.integer(train.items));
  const triples: Batch = { ...batch, negatives: drawn };
  optimizer.step(triples);
  const sum = (of: (one: CountedCall) => number) => device.calls.reduce((total, one) => total + of(one), 0);
  const { steps } = sampler;
  const secondsOn = (chip: Chip, products: number) => {
    const rate = ({ kernel }: CountedCall) => (kernel === 'gemm' ? products : FLOPS_PER_SECOND);
    return steps * (sum((one) => Math.max(...floorsOf(one, rate(one), chip))) + LAUNCHES[name] * KERNEL_SECONDS);
  };
  return {
    steps,
    calls: device.calls.length,
    peakBytes: device.memory().peakBytes,
    bytes: steps * sum(({ bytes }) => bytes),
    own: secondsOn('H100', FLOPS_PER_SECOND),
    blas: secondsOn('H100', BLAS_FLOPS_PER_SECOND),
    tf32: secondsOn('H100', TF32_FLOPS_PER_SECOND),
    secondsOn,
  };
}

export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
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

export function time(seconds: number): string {
  if (seconds === 0) return '0';
  if (seconds < 1e-4) return `${(seconds * 1e6).toPrecision(2)} us`;
  return seconds < 1e-3 ? `${(seconds * 1e6).toFixed(0)} us` : `${(seconds * 1e3).toPrecision(2)} ms`;
}
