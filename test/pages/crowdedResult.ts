import { metricNames } from '@agentmmrec/evaluation';
import type { ExperimentResult } from '@agentmmrec/experiments';

type Row = ExperimentResult['rows'][number];
type Metrics = NonNullable<Row['mean']>;

const metrics = (value: number): Metrics =>
  Object.fromEntries(metricNames.map((name, at) => [name, value / (1 + at / 2)])) as Metrics;

/** Values that rise and fall, so that neither the first nor the last row is the best. */
const risingAndFalling = (n: number): number => 0.03 + 0.07 * Math.abs(Math.sin(2.3 * n + 1));

const labels = [
  ...Array.from({ length: 11 }, (_, n) => `Model${n}${n % 3 === 0 ? ' with a long name, tuned' : ''}`),
  'AgentMMRec with permuted knowledge',
  'AgentMMRec',
];

const choice = (n: number): NonNullable<Row['choice']> => ({
  options: n === 0 ? {} : { l2: 0.01, learningRate: 0.001 },
  validRecall20: 0.0912,
  ownValidRecall20: n === 3 ? null : 0.09,
  finished: n === 3 ? 3 : 5,
  ...{ runs: 5, seed: 999 },
});

/** So many that a map of them numbers its columns, and some that a phone has to break. */
const paired = [...labels, ...['A', 'B', 'C', 'D'].map((name) => `${name} (reconstruction) with a long name, tuned`)];

const row = (label: string, n: number, more: Partial<Row> = {}): Row => ({
  label,
  group: null,
  seeds: [999, 2026, 1],
  mean: metrics(risingAndFalling(n)),
  spread: metrics(0.001),
  paper: n % 2 === 0 ? { metrics: metrics(0.1), source: 'paper, Table 1' } : null,
  epochs: 40,
  secondsPerEpoch: 0.5 + n,
  peakRssBytes: 5e8,
  calls: 12_345_678,
  tokens: 0,
  sweep: null,
  choice: label.endsWith('tuned') ? choice(n) : null,
  notes: n === 4 ? ['training ended before the first feedback round'] : [],
  failures: [],
  ...more,
});

const rows: Row[] = [
  ...labels.map((label, n) => row(label, n)),
  row('Broken <model> & "co"', 0, {
    mean: null,
    spread: null,
    seeds: [],
    secondsPerEpoch: null,
    failures: ['seed 999: it needs features'],
  }),
  row('BPR', 20, { group: 'Simple models' }),
  row('LightGCN', 21, { group: 'Simple models' }),
];

const item = (n: number) => ({
  id: `item-${n}`,
  title: `A table number ${n} with a title that is rather long for its card`,
  picture: n % 2 ? null : pixel,
});

/** One grey pixel. */
const pixel =
  'data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==';

const shown = labels.slice(0, 9);

/** A result with everything a page can show, and more of it than fits easily. */
export const crowdedResult: ExperimentResult = {
  format: 'agentmmrec-experiment/2',
  name: 'overall',
  title: 'Overall comparison',
  summary: 'every model beside AgentMMRec',
  shows: 'Table 1',
  data: {
    name: 'baby',
    fingerprint: 'f'.repeat(64),
    users: 19_445,
    items: 7050,
    train: 118_551,
    validation: 20_559,
    test: 21_682,
    content: true,
    features: [{ modality: 'image', width: 4096, synthetic: true }],
  },
  seeds: [999, 2026, 1],
  figures: ['curves', 'differences', 'groups', 'significance', 'tradeoff', 'sweep'],
  columns: ['epochSeconds', 'memory', 'calls'],
  rows: [
    ...rows,
    ...[1, 3, 5, 10].map((x, n) => row(`Y = ${x}`, 30 + n, { sweep: { curve: 'Y, neighbours in a prompt', x } })),
  ],
  differences: labels.slice(0, 8).flatMap((label, n) =>
    (['recall@20', 'ndcg@20'] as const).map((metric) => ({
      label: 'AgentMMRec',
      baseline: label,
      metric,
      interval: {
        mean: 0.004 * (n - 3),
        low: 0.004 * (n - 3) - 0.005,
        high: 0.004 * (n - 3) + 0.005,
        level: 0.95,
        resamples: 2000,
      },
      baselineMean: 0.09123456789012345,
      relative: 0.0438461538461 * (n - 3),
      seedsAbove: Math.min(3, n),
      seeds: 3,
      verdict: n > 4 ? ('above' as const) : n < 2 ? ('below' as const) : ('no clear difference' as const),
      tests: { tTestP: 0.01, wilcoxonP: 0.02, seedTTestP: 0.3, correctedP: 0.08, effectSize: 0.012345 * n },
    })),
  ),
  curves: shown.map((label, n) => ({
    label,
    points: Array.from({ length: 40 }, (_, at) => ({
      epoch: at + 1,
      loss: 0.7 * Math.exp(-at / (10 + n)),
      validRecall20: 0.1 - 0.08 * Math.exp(-at / (8 + n)),
    })),
  })),
  groups: shown.map((label, n) => ({
    label,
    groups: ['(0,5]', '(5,10]', '(10,20]', '(20,inf)'].map((name, at) => ({
      label: name,
      users: 1000 * (4 - at),
      metrics: metrics(risingAndFalling(n + at)),
    })),
  })),
  significance: {
    metric: 'recall@20',
    labels: paired,
    cells: paired.map((_, i) =>
      paired.map((__, j) =>
        i === j
          ? null
          : {
              difference: risingAndFalling(i) - risingAndFalling(j),
              p: Math.abs(risingAndFalling(i) - risingAndFalling(j)) > 0.01 ? 1e-6 : 0.4,
            },
      ),
    ),
  },
  users: [
    {
      row: 'AgentMMRec',
      id: 'user-0001',
      preference: { text: 'likes <oak> tables', visual: null, crossModal: 'round and brown' },
      bought: [item(1)],
      before: [0, 1, 2, 3, 4, 5].map((n) => ({ ...item(n), hit: n === 4 })),
      after: [4, 0, 1, 2, 3, 5].map((n) => ({ ...item(n), hit: n === 4 })),
      risen: { item: item(4), from: 4, to: 0, property: { text: 'a table of oak', visual: null, crossModal: null } },
    },
  ],
  tables: [{ heading: 'Planned calls', columns: ['stage', 'calls'], rows: [['building', '79,485']] }],
  remarks: ['The paper leaves such rows out.'],
  rowRemarks: [
    { remark: 'baby: image features of width 4096 are synthetic, drawn from seed 999', rows: [] },
    { remark: 'no bmu graph: switched off', rows: labels.slice(0, 9) },
  ],
  provenance: {
    version: '0.1.0',
    codeVersion: '0123456789abcdef',
    command: `agentmmrec experiment overall --data baby --reasoner extractive ${'--models bpr,lightgcn '.repeat(6)}`,
    options: { epochs: 1000, patience: 20, batchSize: 2048, learningRate: 0.001 },
    seeds: [999, 2026, 1],
    machines: ['2 x a processor with a rather long name @ 2.10GHz, Node v20.20.2'],
    devices: ['avx512, 1 thread'],
    reasoners: ['extractive'],
    wallSeconds: 5400,
    calls: 0,
    tokens: 0,
    runs: [],
  },
};
