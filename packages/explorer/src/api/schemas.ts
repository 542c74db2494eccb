import { type TSchema, Type } from 'typebox';

// The shapes of answers. What is not known is null; ids are the data set's own; moments are milliseconds since 1970.

/** A value or null. */
const orNull = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
const list = <S extends TSchema>(schema: S) => Type.Array(schema);
const text = Type.String();
const real = Type.Number();
const count = Type.Integer();
const anything = Type.Unknown();

const metrics = Type.Object({ 'recall@10': real, 'recall@20': real, 'ndcg@10': real, 'ndcg@20': real });

const summaryFields = {
  id: text,
  kind: Type.Enum(['train', 'study']),
  label: text,
  model: text,
  data: text,
  fingerprint: text,
  seed: orNull(count),
  state: Type.Enum(['finished', 'training', 'stopped', 'failed', 'planned']),
  startedAtMs: orNull(real),
  epochs: count,
  plannedEpochs: orNull(count),
  secondsPerEpoch: orNull(real),
  device: orNull(text),
  reasoner: orNull(text),
  peakRssBytes: orNull(real),
  valid: orNull(metrics),
  test: orNull(metrics),
  testReranked: orNull(metrics),
  synthetic: Type.Boolean(),
  problem: orNull(text),
};

export const runSummary = Type.Object(summaryFields);

export const runDetails = Type.Object({
  ...summaryFields,
  options: Type.Record(text, anything),
  training: Type.Record(text, anything),
  knowledge: orNull(Type.Object({ reasoner: text, rerankDepth: count, begin: count, end: count })),
  curve: list(Type.Object({ epoch: count, loss: orNull(real), validRecall20: orNull(real) })),
  bestEpoch: orNull(count),
  feedback: list(Type.Object({ period: count, report: anything })),
  remarks: list(text),
});

export const comparison = Type.Object({
  runs: list(runSummary),
  metrics: list(
    Type.Object({
      stage: Type.Enum(['valid', 'test', 'testReranked']),
      metric: Type.Enum(['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20']),
      values: list(orNull(real)),
      changes: list(orNull(real)),
      best: list(count),
    }),
  ),
  settings: list(Type.Object({ name: text, values: list(text) })),
  curves: list(runDetails.properties.curve),
  remarks: list(text),
});

export const dataset = Type.Object({
  name: text,
  fingerprint: orNull(text),
  users: orNull(count),
  items: orNull(count),
  interactions: orNull(Type.Object({ train: count, validation: count, test: count })),
  hasContent: orNull(Type.Boolean()),
  features: list(text),
  source: orNull(text),
  preparedAtMs: orNull(real),
  remarks: list(text),
  problem: orNull(text),
});

const jobCounts = Type.Object({ waiting: count, leased: count, done: count, failed: count });

export const memory = Type.Object({
  id: text,
  fingerprint: orNull(text),
  reasoner: orNull(text),
  state: Type.Enum(['complete', 'building', 'stopped', 'empty']),
  preferences: orNull(jobCounts),
  properties: orNull(jobCounts),
  versions: count,
  rollbacks: count,
  inputTokens: count,
  outputTokens: count,
  versionsPerMinute: orNull(real),
  secondsLeft: orNull(real),
  lastWrittenAtMs: orNull(real),
  bytes: real,
  problem: orNull(text),
});

const failure = Type.Object({ key: text, id: orNull(text), reason: text, attempts: count });

export const failures = Type.Object({ preferences: list(failure), properties: list(failure), retry: text });

export const job = Type.Object({
  id: text,
  kind: Type.Enum(['training', 'knowledge', 'serving']),
  label: text,
  /** epochs, entries or users */
  done: real,
  total: orNull(real),
  secondsLeft: orNull(real),
});

export const report = Type.Object({ id: text, title: text, forms: list(text), writtenAtMs: real });

export const itemCard = Type.Object({
  id: text,
  title: text,
  brand: text,
  categories: list(text),
  hasPicture: Type.Boolean(),
  buyers: count,
});

export const userCard = Type.Object({ id: text, items: count });

export const status = Type.Object({
  version: text,
  workspace: text,
  /** null: no data set yet */
  data: orNull(
    Type.Object({
      name: text,
      fingerprint: text,
      users: count,
      items: count,
      interactions: count,
      hasContent: Type.Boolean(),
    }),
  ),
  /** the run that recommends unless another is named */
  run: orNull(text),
  /** the knowledge that is shown unless another is named */
  memory: orNull(text),
  /** what to do first in a workspace that lacks something; null when nothing does */
  firstStep: orNull(Type.Object({ lacking: text, command: text })),
});

const parts = Type.Object({ text: orNull(text), visual: orNull(text), crossModal: orNull(text) });

export const entityKnowledge = Type.Object({
  memory: text,
  version: count,
  createdAtMs: real,
  parts,
  evidence: Type.Object({
    reasoner: text,
    agent: text,
    tasks: list(text),
    templates: list(text),
    items: list(itemCard),
    users: list(text),
    interactions: count,
    attempt: count,
    inputTokens: count,
    outputTokens: count,
    elapsedMs: real,
    groundedShare: orNull(real),
    repairs: list(text),
    weaknesses: list(text),
  }),
  versions: list(
    Type.Object({
      version: count,
      createdAtMs: real,
      current: Type.Boolean(),
      decisions: list(
        Type.Object({ cause: Type.Enum(['version', 'rollback', 'import']), reason: text, createdAtMs: real }),
      ),
    }),
  ),
});

const pieces = orNull(list(Type.Object({ change: Type.Enum(['same', 'added', 'removed']), text })));
export const difference = Type.Object({ text: pieces, visual: pieces, crossModal: pieces });

const entity = Type.Object({ kind: Type.Enum(['user', 'item']), id: text, title: text, hasPicture: Type.Boolean() });

const change = orNull(Type.Enum(['kept', 'added', 'dropped']));
const graphName = Type.Enum(['bmu', 'bmi', 'rti', 'raw', 'bought']);

export const neighbourList = Type.Object({
  graph: graphName,
  neighbours: list(Type.Object({ entity, similarity: orNull(real), modality: orNull(text), change })),
  remarks: list(text),
});

export const egoNetwork = Type.Object({
  centre: entity,
  graphs: list(graphName),
  nodes: list(entity),
  /** places in `nodes` */
  edges: list(
    Type.Object({
      from: count,
      to: count,
      graph: graphName,
      similarity: orNull(real),
      modality: orNull(text),
      change,
    }),
  ),
  remarks: list(text),
});

const term = Type.Object({ term: text, strength: real });

export const reasons = Type.Object({
  parts: orNull(list(Type.Object({ name: text, value: real }))),
  sharedTerms: orNull(Type.Object({ text: list(term), visual: list(term), crossModal: list(term) })),
  boughtWith: list(Type.Object({ item: itemCard, buyers: count })),
});

export const recommendations = Type.Object({
  user: text,
  run: text,
  model: text,
  reranked: Type.Boolean(),
  remark: text,
  items: list(
    Type.Object({ rank: count, rankBefore: count, score: real, item: itemCard, reasons: Type.Optional(reasons) }),
  ),
});

export const explanation = Type.Object({
  user: text,
  item: itemCard,
  run: text,
  /** null: not among the first thousand */
  rank: orNull(count),
  rankBefore: orNull(count),
  /** in training already, so never recommended */
  isBought: Type.Boolean(),
  reasons,
  /** users with like preferences who have the item */
  alike: list(text),
  sentences: list(text),
});

export const problem = Type.Object({ error: text, got: text, expected: text, hint: text });
