import { readdirSync, readFileSync } from 'node:fs';
import { Adam, Tape } from '@agentmmrec/autograd';
import { type Matrix, matrix, type NeighbourLists, RandomStreams } from '@agentmmrec/core';
import { type Device, openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { type Batch, buildModel, findModel, type ModelData } from './index.js';
import { batchOf, interactions } from './testing/checkerboard.js';

/** Ten training steps of a model written out in torch; how the numbers were made stands in the file. */
interface Golden {
  readonly data: {
    readonly users: number;
    readonly items: number;
    readonly rows: number[][];
    readonly features: Readonly<Record<string, number[][]>>;
    readonly knowledge: {
      users: number[][];
      items: number[][];
      bmu: number[][];
      bmi: number[][];
      rti: number[][];
    } | null;
    /** default: none */
    readonly augmentation?: {
      profiles: number[][];
      attributes: Readonly<Record<string, number[][]>>;
      liked: number[];
      disliked: number[];
    };
    readonly k: number;
  };
  readonly batch: { users: number[]; positives: number[]; negatives: number[] };
  readonly runs: readonly GoldenRun[];
}

interface GoldenRun {
  readonly model: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly knowledge: boolean;
  /** whether it sees the augmentation of the data; default: false */
  readonly augmented?: boolean;
  /** default: all */
  readonly modalities?: readonly string[];
  readonly parameters: Readonly<Record<string, number[][]>>;
  /** values that are no parameters and have no gradient */
  readonly state?: Readonly<Record<string, number[][]>>;
  /** of ten steps; where a step has several updates, of each of them in turn */
  readonly losses: number[];
  /** in the first step, each by the loss of its own update */
  readonly gradientNorms: Readonly<Record<string, number>>;
}

const published = readdirSync(new URL('./golden/published/', import.meta.url)).map((name) => `published/${name}`);
const runs = ['torch.json', ...published].flatMap((name) => {
  const golden = JSON.parse(readFileSync(new URL(`./golden/${name}`, import.meta.url), 'utf8')) as Golden;
  return golden.runs.map(
    (run, r) => [`${name}, run ${r + 1}, ${run.model} ${JSON.stringify(run.options)}`, golden, run] as const,
  );
});

const rowsOf = (values: number[][]): Matrix =>
  matrix(values.length, values[0].length, Float32Array.from(values.flat()));

function augmentationOf({ profiles, attributes, liked, disliked }: NonNullable<Golden['data']['augmentation']>) {
  return {
    profiles: rowsOf(profiles),
    attributes: Object.entries(attributes).map(([name, values]) => ({ name, embeddings: rowsOf(values) })),
    edges: { liked: Int32Array.from(liked), disliked: Int32Array.from(disliked) },
  };
}

const nothingKnown = {
  reasoner: 'golden',
  userEmbeddings: null,
  itemEmbeddings: null,
  bmu: null,
  bmi: null,
  rti: null,
};

function knowledgeOf({ knowledge, augmentation, k }: Golden['data'], run: GoldenRun): ModelData['knowledge'] {
  const listsOf = (lists: number[][]): NeighbourLists => ({
    rows: lists.length,
    k,
    indices: Int32Array.from(lists.flat()),
  });
  if (run.augmented && augmentation) return { ...nothingKnown, augmentation: augmentationOf(augmentation) };
  if (!run.knowledge || !knowledge) return null;
  return {
    reasoner: 'golden',
    userEmbeddings: rowsOf(knowledge.users),
    itemEmbeddings: rowsOf(knowledge.items),
    bmu: listsOf(knowledge.bmu),
    bmi: listsOf(knowledge.bmi),
    rti: listsOf(knowledge.rti),
  };
}

function modelData({ data }: Golden, run: GoldenRun): ModelData {
  const { users, items, rows, features } = data;
  return {
    users,
    items,
    train: interactions(users, items, rows),
    features: Object.entries(features)
      .filter(([modality]) => run.modalities?.includes(modality) ?? true)
      .map(([modality, values]) => ({ modality, matrix: rowsOf(values), synthetic: true })),
    knowledge: knowledgeOf(data, run),
  };
}

/** What torch wrote out of agentmmrec: the paper's blocks and loss, with ids and the mean of the layers where a run says no more. */
const agentmmrecInTorch = { preset: 'paper', idBlock: true, readout: 'mean' };

function buildRun(device: Device, golden: Golden, run: GoldenRun) {
  const data = modelData(golden, run);
  const options =
    run.model === 'agentmmrec' ? { ...(run.options.preset ? {} : agentmmrecInTorch), ...run.options } : run.options;
  const model = buildModel(findModel(run.model), { data, device, random: new RandomStreams(1) }, options);
  expect(Object.keys(model.parameters).sort()).toEqual(Object.keys(run.parameters).sort());
  for (const [name, values] of Object.entries(run.parameters)) {
    device.write(model.parameters[name].settle(), Float32Array.from(values.flat()));
  }
  for (const [name, values] of Object.entries(run.state ?? {})) {
    device.write(model.state[name], Float32Array.from(values.flat()));
  }
  model.beforeEpoch(0);
  return model;
}

function stepsOf(device: Device, golden: Golden, run: GoldenRun, fused: boolean) {
  const model = buildRun(device, golden, run);
  const { users, positives, negatives } = golden.batch;
  const batch = batchOf(device, users, positives, negatives);
  const tape = new Tape(device);
  const updates = model.passes.flatMap(({ updates }) => updates);
  const optimizers = updates.map(({ parameters }) => {
    return new Adam(parameters, { learningRate: 0.01, of: (name) => model.optimizerOf(name) });
  });
  const norms: Record<string, number> = {};
  const losses = run.losses.map((_, at) => {
    const [step, u] = [Math.floor(at / updates.length), at % updates.length];
    const { parameters, loss: lossOf } = updates[u];
    const loss = fused
      ? (model.fusedStep?.(batch) ?? Number.NaN)
      : tape.step(() => {
          const loss = lossOf(tape, { ...batch, step } as Batch);
          tape.backward(loss);
          return loss.read()[0];
        });
    if (step === 0) {
      for (const [name, tensor] of Object.entries(parameters)) norms[name] = Math.hypot(...tensor.readGradient());
    }
    optimizers[u].step();
    for (const tensor of Object.values(model.parameters)) tensor.dropGradient();
    return loss;
  });
  return { losses, norms };
}

const fusedRuns = runs.filter(([, golden, run]) => buildRun(openDevice('reference'), golden, run).fusedStep);
const ways = [
  ...runs.flatMap((run) => (['cpu', 'reference'] as const).map((device) => [...run, device, false] as const)),
  ...fusedRuns.map((run) => [...run, 'cpu', true] as const),
].map(([name, golden, run, device, fused]) => {
  return [`${name} on ${device}${fused ? ', fused' : ''}`, golden, run, device, fused] as const;
});

describe('losses of ten steps and norms of the first gradients', () => {
  test.each(ways)('%s', (_name, golden, run, device, fused) => {
    const { losses, norms } = stepsOf(openDevice(device), golden, run, fused);
    losses.forEach((loss, step) => {
      expect(Math.abs(loss - run.losses[step])).toBeLessThanOrEqual(1e-4 * Math.abs(run.losses[step]));
    });
    for (const [name, norm] of Object.entries(run.gradientNorms)) {
      expect([name, Math.abs(norms[name] - norm) <= 1e-5 + 1e-4 * norm]).toEqual([name, true]);
    }
  });
});
