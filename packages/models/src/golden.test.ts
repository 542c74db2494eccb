import { readFileSync } from 'node:fs';
import { Adam, Tape } from '@agentmmrec/autograd';
import { type Matrix, matrix, type NeighbourLists, RandomStreams } from '@agentmmrec/core';
import { type Device, openDevice } from '@agentmmrec/kernels';
import { describe, expect, test } from '@jest/globals';
import { buildModel, findModel, type ModelData } from './index.js';
import { batchOf, interactions } from './testing/checkerboard.js';

interface Golden {
  readonly data: {
    readonly users: number;
    readonly items: number;
    readonly rows: number[][];
    readonly features: Readonly<Record<string, number[][]>>;
    readonly knowledge: { users: number[][]; items: number[][]; bmu: number[][]; bmi: number[][]; rti: number[][] };
    readonly k: number;
  };
  readonly batch: { users: number[]; positives: number[]; negatives: number[] };
  readonly runs: readonly {
    readonly model: string;
    readonly options: Readonly<Record<string, unknown>>;
    readonly knowledge: boolean;
    readonly parameters: Readonly<Record<string, number[][]>>;
    readonly losses: number[];
    readonly gradientNorms: Readonly<Record<string, number>>;
  }[];
}

/** Ten training steps of each model written out in torch; how the numbers were made stands in the file. */
const golden = JSON.parse(readFileSync(new URL('./golden/torch.json', import.meta.url), 'utf8')) as Golden;

const rowsOf = (values: number[][]): Matrix =>
  matrix(values.length, values[0].length, Float32Array.from(values.flat()));
const listsOf = (lists: number[][]): NeighbourLists => ({
  rows: lists.length,
  k: golden.data.k,
  indices: Int32Array.from(lists.flat()),
});

function modelData(withKnowledge: boolean): ModelData {
  const { users, items, rows, features, knowledge } = golden.data;
  return {
    users,
    items,
    train: interactions(users, items, rows),
    features: Object.entries(features).map(([modality, values]) => ({
      modality,
      matrix: rowsOf(values),
      synthetic: true,
    })),
    knowledge: withKnowledge
      ? {
          reasoner: 'golden',
          userEmbeddings: rowsOf(knowledge.users),
          itemEmbeddings: rowsOf(knowledge.items),
          bmu: listsOf(knowledge.bmu),
          bmi: listsOf(knowledge.bmi),
          rti: listsOf(knowledge.rti),
        }
      : null,
  };
}

function runOf(device: Device, run: Golden['runs'][number], fused: boolean) {
  const data = modelData(run.knowledge);
  // torch ran on the features as they came
  const options = run.model === 'agentmmrec' ? { ...run.options, featureScale: 'none' } : run.options;
  const model = buildModel(findModel(run.model), { data, device, random: new RandomStreams(1) }, options);
  expect(Object.keys(model.parameters).sort()).toEqual(Object.keys(run.parameters).sort());
  for (const [name, values] of Object.entries(run.parameters)) {
    device.write(model.parameters[name].settle(), Float32Array.from(values.flat()));
  }
  const { users, positives, negatives } = golden.batch;
  const batch = batchOf(device, users, positives, negatives);
  const tape = new Tape(device);
  const adam = new Adam(model.parameters, { learningRate: 0.01 });
  const norms: Record<string, number> = {};
  const losses = run.losses.map((_, step) => {
    const loss = fused
      ? model.fusedStep?.(batch)
      : tape.step(() => {
          const loss = model.loss(tape, batch);
          tape.backward(loss);
          return loss.read()[0];
        });
    if (step === 0) {
      for (const [name, tensor] of Object.entries(model.parameters)) norms[name] = Math.hypot(...tensor.readGradient());
    }
    adam.step();
    return loss;
  });
  return { losses, norms };
}

describe.each(golden.runs.map((run, r) => [`${r + 1} ${run.model} ${JSON.stringify(run.options)}`, run] as const))(
  'torch run %s',
  (_name, run) => {
    const hasFused = run.model === 'bpr' || run.model === 'lightgcn';
    const ways = [
      ['cpu', false] as const,
      ['reference', false] as const,
      ...(hasFused ? [['cpu', true] as const] : []),
    ];
    test.each(ways)('on %s, fused %s: losses of ten steps and first gradients', (device, fused) => {
      const { losses, norms } = runOf(openDevice(device), run, fused);
      losses.forEach((loss, step) => {
        expect(loss).toBeCloseTo(run.losses[step], 4);
      });
      for (const [name, norm] of Object.entries(run.gradientNorms)) {
        expect(Math.abs(norms[name] - norm)).toBeLessThanOrEqual(1e-5 + 1e-4 * norm);
      }
    });
  },
);
