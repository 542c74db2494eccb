import { knowledgeOptions } from '@agentmmrec/agents';
import { defaultsOf } from '@agentmmrec/core';
import { loadingOptions } from '@agentmmrec/datasets';
import { builtInEncoders } from '@agentmmrec/encoders';
import { models } from '@agentmmrec/models';
import { trainingOptions } from '@agentmmrec/training';
import { describe, expect, test } from '@jest/globals';
import { executePlan } from '../execution/execute.js';
import { Expansion } from '../execution/expand.js';
import { tuningSpace } from '../execution/runExperiment.js';
import type { Outcome, RunSource } from '../runs/runner.js';
import { type KnowledgeSource, runId, stateId } from '../runs/runSpec.js';
import { gridOf } from '../search/ranges.js';
import type { ExperimentPlan, PlanContext } from './contract.js';
import { experiments, findExperiment } from './index.js';

const source: KnowledgeSource = {
  reasoner: 'extractive',
  llmModel: null,
  promptFamily: 'default',
  imagesPerPrompt: 6,
  contextLength: 16_384,
  options: defaultsOf('test', knowledgeOptions),
  templates: 't',
  given: null,
};

function context(name: string, more: Partial<PlanContext> = {}): PlanContext {
  return {
    values: defaultsOf('test', findExperiment(name).options ?? {}),
    models: Object.keys(models),
    data: { name: 'd', hasFeatures: true, readable: true, paperName: 'baby', splitBy: 'auto' },
    wordings: ['default', 'brief', 'checklist'],
    source,
    tuning: (model) => tuningSpace(model, 'grid'),
    calls: () => ({ building: 10, refining: 5, reranking: 3 }),
    ...more,
  };
}

function expansionOf(plan: ExperimentPlan): Expansion {
  return new Expansion(plan.rows, {
    fingerprint: 'data',
    training: defaultsOf('test', trainingOptions),
    rerankDepth: 50,
    rerankWeight: null,
    source,
    encoders: null,
    place: {
      data: 'd',
      loading: defaultsOf('test', loadingOptions),
      encoders: builtInEncoders,
      memory: null,
      reach: {},
    },
    codeVersion: 'code',
  });
}

const plan = (name: string, more: Partial<PlanContext> = {}) => findExperiment(name).plan(context(name, more));
const labels = (of: ExperimentPlan) => of.rows.map(({ label }) => label);

test('the comparison gives AgentMMRec, itself without knowledge and LightGCN as many candidates each', () => {
  const counts = plan('comparison').rows.map(({ search }) => (search ? gridOf(search).length : 0));
  expect(new Set(counts).size).toBe(1);
  expect(counts[0]).toBeGreaterThan(1);
});

describe.each(experiments.map((experiment) => [experiment.name, experiment] as const))('%s', (name) => {
  test('has rows of different names, compares rows that it has, and expands to runs', () => {
    const made = plan(name);
    expect(new Set(labels(made)).size).toBe(made.rows.length);
    for (const pair of made.comparisons) for (const label of pair) expect(labels(made)).toContain(label);
    const expansion = expansionOf(made);
    const runs = expansion.withKnowledge(made.rows.map((row) => expansion.runOf(row, 1, new Map())));
    const states = new Set(runs.map(stateId));
    for (const { spec } of runs) if (spec.memoryFrom !== null) expect(states.has(spec.memoryFrom)).toBe(true);
  });

  test('without a reasoner its rows with knowledge say what they lack, and no other row does', () => {
    for (const { recipe, missing } of plan(name, { source: null }).rows) {
      const asks = recipe.knowledge !== 'none' || recipe.rerank !== 'none';
      expect({ recipe, lacks: missing?.includes('--reasoner') ?? false }).toEqual({ recipe, lacks: asks });
    }
  });
});

describe('plans', () => {
  test('every model stands twice in overall, simple ones below a line of their own, with the numbers of the paper', () => {
    const { rows } = plan('overall');
    for (const label of ['LightGCN', 'LightGCN, tuned', 'AgentMMRec', 'AgentMMRec, tuned']) {
      expect(rows.some((row) => row.label === label)).toBe(true);
    }
    const simple = rows.filter(({ group }) => group !== undefined);
    expect(simple.map(({ label }) => label)).toEqual([
      'Popularity',
      'ItemKNN',
      'ItemKNN, tuned',
      'EASE',
      'EASE, tuned',
      'SLIM',
      'SLIM, tuned',
      'iALS',
      'iALS, tuned',
      'BPR',
      'BPR, tuned',
      'VBPR',
      'VBPR, tuned',
      'LightGCN',
      'LightGCN, tuned',
    ]);
    expect(rows.find(({ label }) => label === 'LightGCN')?.paper?.metrics['recall@20']).toBe(0.0754);
    expect(rows.find(({ label }) => label === 'LightGCN, tuned')?.paper).toBeUndefined();
  });

  test('with and without knowledge are tuned over the same space', () => {
    const { rows } = plan('overall');
    const find = (label: string) => rows.find((row) => row.label === label)?.search;
    expect(find('AgentMMRec, tuned')).toBeDefined();
    expect(find('AgentMMRec without knowledge, tuned')).toEqual(find('AgentMMRec, tuned'));
  });

  test("--widths are searched in every row that has one beside all else, the model's own among them", () => {
    const values = { ...defaultsOf('test', findExperiment('overall').options ?? {}), widths: '64,128' };
    const wide = plan('overall', { values });
    const plainly = plan('overall');
    const spaceOf = ({ rows }: ExperimentPlan, label: string) => rows.find((row) => row.label === label)?.search;
    const widthsOf = (label: string) => spaceOf(wide, label)?.dimensions;
    expect(widthsOf('SMORE, tuned')).toEqual({ values: [64, 128] });
    expect(widthsOf('AgentMMRec without knowledge, tuned')).toEqual({ values: [64, 128] });
    expect(widthsOf('AgentMMRec, tuned')).toEqual({ values: [64, 128] });
    expect(widthsOf('iALS, tuned')).toEqual({ values: [200, 64, 128] }); // 200 by its source
    expect(spaceOf(wide, 'EASE, tuned')).toEqual(spaceOf(plainly, 'EASE, tuned'));
    expect(gridOf(spaceOf(wide, 'SMORE, tuned') ?? {})).toHaveLength(8);
    expect(gridOf(spaceOf(plainly, 'SMORE, tuned') ?? {})).toHaveLength(4);
    expect(() => plan('overall', { values: { widths: '64,wide' } })).toThrow('--widths');
  });

  test('what a row is called by its source is asked for by name', () => {
    const { rows } = plan('overall');
    const options = (label: string) => rows.find((row) => row.label === label)?.recipe.options;
    expect(options('LightGCN')).toEqual({ preset: 'source' });
    expect(options('SMORE')).toEqual({});
  });

  test('without a reasoner all rows are compared with AgentMMRec without knowledge', () => {
    const { comparisons } = plan('overall', { source: null });
    expect(comparisons.length).toBeGreaterThan(10);
    for (const [label] of comparisons) expect(label).toBe('AgentMMRec without knowledge, tuned');
  });

  test('a run without a learning rate of its own gets that of its model', () => {
    const made = plan('overall');
    const rateOf = (label: string) => {
      const row = made.rows.find((one) => one.label === label);
      return row && expansionOf(made).runOf(row, 1, new Map()).spec.training.learningRate;
    };
    expect([rateOf('HPMRec'), rateOf('LATTICE'), rateOf('SMORE')]).toEqual([1e-4, 5e-4, 1e-3]);
  });

  test('every model that has anything to choose has the same number of candidates', () => {
    expect(tuningSpace('popularity', 'grid')).toBeUndefined();
    for (const model of Object.keys(models).filter((name) => name !== 'popularity')) {
      const sizes = Object.values(tuningSpace(model, 'grid') ?? {}).map((range) =>
        'values' in range ? range.values.length : 0,
      );
      expect(sizes.reduce((product, size) => product * size, 1)).toBe(4);
    }
  });

  test('bmh leaves out both graphs of it', () => {
    const row = plan('ablation').rows.find(({ label }) => label === 'AgentMMRec without bmh');
    expect(row?.recipe.options).toEqual({ useBmu: false, useBmi: false });
  });

  test('rounds begin with what the rounds before have written, seed by seed', () => {
    const made = plan('memory-rounds');
    const expansion = expansionOf(made);
    for (const seed of [1, 2]) {
      const runs = made.rows.map((row) => expansion.runOf(row, seed, new Map()));
      for (let round = 1; round < runs.length; round++) {
        expect(runs[round].spec.memoryFrom).toBe(stateId(runs[round - 1]));
      }
      expect(new Set(runs.map(runId)).size).toBe(runs.length);
    }
  });

  test('a row after a relay begins with the memory of the model before it', () => {
    const made = plan('relay');
    const expansion = expansionOf(made);
    const step = made.rows.find(({ label }) => label === 'feedback of LightGCN');
    const after = made.rows.find(({ label }) => label === 'AgentMMRec after LightGCN');
    if (!step || !after) throw new Error('no such rows');
    expect(step.step).toBe(true);
    expect(step.recipe.feedback).toBeDefined();
    expect(expansion.runOf(after, 1, new Map()).spec.memoryFrom).toBe(stateId(expansion.runOf(step, 1, new Map())));
  });

  test('other neighbours, models and wordings have knowledge of their own; other epochs between rounds share it', () => {
    const made = plan('hyperparameters');
    const expansion = expansionOf(made);
    const memoryOf = (label: string) => {
      const row = made.rows.find((one) => one.label === label);
      return row && expansion.runOf(row, 1, new Map()).spec.memoryFrom;
    };
    expect(memoryOf('Y = 3')).not.toBe(memoryOf('Y = 5'));
    expect(memoryOf('E = 5')).toBe(memoryOf('E = 15'));
    const backbones = plan('backbones', { values: { backbones: 'extractive,ollama/qwen2.5vl:7b@http://127.0.0.1:1' } });
    const [, ollama] = backbones.rows;
    const run = expansionOf(backbones).runOf(ollama, 1, new Map());
    expect(run.spec.source).toMatchObject({ reasoner: 'ollama', llmModel: 'qwen2.5vl:7b' });
    expect(run.place.reach).toMatchObject({ llmUrl: 'http://127.0.0.1:1' });
  });

  test('what a search chose goes to the model or to training, by its name', () => {
    const made = plan('overall');
    const row = made.rows.find(({ label }) => label === 'LightGCN, tuned');
    if (!row) throw new Error('no such row');
    const { spec } = expansionOf(made).runOf(row, 1, new Map([[row.label, { l2: 0.5, learningRate: 0.25 }]]));
    expect(spec.recipe?.options).toMatchObject({ l2: 0.5 });
    expect(spec.training.learningRate).toBe(0.25);
  });

  test('cold items are no negatives', () => {
    expect(findExperiment('cold-start').training).toEqual({ negatives: 'trained' });
  });

  test('a wording that nobody wrote, an empty list and the same word twice are refused, whoever reasons', () => {
    const families = (list: string, more: Partial<PlanContext> = {}) =>
      plan('templates', { values: { families: list }, ...more });
    expect(labels(families('default,brief'))).toEqual(['prompts "default"', 'prompts "brief"']);
    for (const from of [source, { ...source, reasoner: 'ollama' }, null]) {
      expect(() => families('default,brieff', { source: from })).toThrow('did you mean "brief"?');
      expect(() => families('default,nobodys', { source: from })).toThrow('nobodys');
    }
    for (const list of ['', ',', 'default,default']) expect(() => families(list)).toThrow('--families');
    expect(() => plan('backbones', { values: { backbones: 'extractive,extractive' } })).toThrow('--backbones');
  });

  test('an unknown experiment is refused with the nearest name', () => {
    expect(() => findExperiment('abblation')).toThrow('did you mean "ablation"?');
  });

  test('a tuned row keeps the options it has anyway where no candidate is better, and then needs no run of its own', async () => {
    const made = plan('overall', { source: null });
    const rows = made.rows.filter(({ label }) => label.startsWith('LightGCN') || label.startsWith('BPR'));
    const asked: string[] = [];
    // LightGCN's own options are better than its candidates, BPR's are not.
    const runner: RunSource = {
      announce: () => undefined,
      runAll: async (runs) => {
        asked.push(...runs.map(runId));
        return new Map(
          runs.map((run) => {
            const ofLightgcn = run.spec.recipe?.model === 'lightgcn';
            const valid = { 'recall@20': ofLightgcn === (run.spec.kind === 'train') ? 0.2 : 0.1 };
            const left = run.spec.kind === 'train' ? { record: { valid } } : { selection: { valid }, record: null };
            return [runId(run), { status: 'finished', reused: false, ...left } as unknown as Outcome];
          }),
        );
      },
    };
    const search = { method: 'grid', trials: 0, seed: 1, epochs: 10 } as const;
    const log = { info: () => undefined, warn: () => undefined } as unknown as Parameters<typeof executePlan>[3]['log'];
    const expansion = expansionOf({ ...made, rows });
    const executed = await executePlan({ ...made, rows }, expansion, runner, { seeds: [1, 2], search, log });
    const find = (label: string) => executed.find(({ row }) => row.label === label);
    expect(find('LightGCN, tuned')?.searched?.chosen).toEqual({});
    expect(find('LightGCN, tuned')?.runs.map(({ id }) => id)).toEqual(find('LightGCN')?.runs.map(({ id }) => id));
    expect(Object.keys(find('BPR, tuned')?.searched?.chosen ?? {})).not.toEqual([]);
    expect(find('BPR, tuned')?.searched?.trials).toHaveLength(5);
    // Four candidates of each, both with two seeds, and BPR's choice with two.
    expect(new Set(asked).size).toBe(8 + 4 + 2);
  });
});
