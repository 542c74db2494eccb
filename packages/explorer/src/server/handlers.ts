import { AmrError } from '@agentmmrec/core';
import type { JobFailure } from '@agentmmrec/memory';
import type { Operation } from '../api/paths.js';
import type { ParamsOf, QueryOf, ReplyOf } from '../api/routes.js';
import type { Catalog, EntityKind } from '../catalog/catalog.js';
import { differenceOf, knowledgeOf } from '../catalog/knowledge.js';
import { type GraphName, graphNames, type NamedMemory } from '../catalog/neighbours.js';
import type { Explorer, OpenData } from '../open.js';
import { reasonsFor } from '../recommend/reasons.js';
import { whySentences } from '../recommend/whyText.js';
import { NotThere } from '../refusals.js';
import { compareRuns } from '../workspace/compareRuns.js';
import { egoNetwork, namedList } from './entities.js';
import { jobsOf } from './jobs.js';

/** What answers a question. */
export type Handlers = {
  readonly [N in Operation]: (input: ParamsOf<N> & QueryOf<N>) => ReplyOf<N> | Promise<ReplyOf<N>>;
};

/** Depth to which an explained item is looked for. */
const EXPLAINED_DEPTH = 1000;
const SHOWN_BUYERS = 50;
const SHOWN_HISTORY = 500;
const ALIKE = 50;

/** The answers of an explorer, apart from how they are asked for: the server and the tools have the same. */
export function handlersOf(explorer: Explorer, version: string): Handlers {
  const { workspace } = explorer;
  const memoryOf = ({ catalog }: OpenData, id: string | undefined): NamedMemory =>
    workspace.memories.reader(id ?? null, catalog.training.fingerprint);
  /** Null where no memory is named and there is none. */
  const memoryIfAny = (data: OpenData, id: string | undefined): NamedMemory | null => {
    if (id === undefined && workspace.memories.newestFor(data.catalog.training.fingerprint) === null) return null;
    return memoryOf(data, id);
  };
  const knowledge = async (kind: EntityKind, id: string, query: { memory?: string; version?: number }) => {
    const data = await explorer.data();
    const place = data.catalog.place(kind, id);
    const found = knowledgeOf(memoryOf(data, query.memory), data.catalog, kind, place, query.version);
    if (found) return found;
    throw new NotThere({
      what: `knowledge of ${kind} ${id}`,
      got: 'no entry',
      expected: 'an entry in the memory',
      hint: `cold ${kind}s have none, nor do those whose calls failed`,
    });
  };
  const difference = async (kind: EntityKind, id: string, query: { memory?: string; from: number; to: number }) => {
    const data = await explorer.data();
    const place = data.catalog.place(kind, id);
    return differenceOf(memoryOf(data, query.memory).memory, kind, place, query.from, query.to);
  };
  const neighboursIn = async (
    kind: EntityKind,
    id: string,
    graph: GraphName,
    query: { memory?: string; k: number },
  ) => {
    const data = await explorer.data();
    const place = data.catalog.place(kind, id);
    const list = await data.neighbours.of(graph, kind, place, query.k, memoryIfAny(data, query.memory));
    return namedList(data.catalog, list);
  };

  return {
    status: async () => await statusOf(explorer, version),
    listData: () => ({ datasets: workspace.datasets() }),
    listRuns: () => ({ runs: workspace.runs.list() }),
    getRun: ({ run }) => workspace.runs.get(run),
    compareRuns: ({ runs: names }) => {
      const wanted = [...new Set(names.split(',').filter((name) => name !== ''))];
      if (wanted.length > 12) throw tooMany('runs to compare', wanted.length, 12);
      const runs = wanted.map((name) => workspace.runs.get(name));
      return { runs, ...compareRuns(runs), curves: runs.map(({ curve }) => curve) };
    },
    listJobs: async () => ({ jobs: await jobsOf(explorer) }),
    listKnowledge: async () => ({ memories: await workspace.memories.list() }),
    knowledgeFailures: async ({ memory }) => {
      const { preferences, properties } = workspace.memories.failures(memory);
      const catalog = await explorer.data().then(
        (data) => data.catalog,
        () => null,
      );
      return {
        preferences: preferences.map((failure) => named(failure, catalog, 'user')),
        properties: properties.map((failure) => named(failure, catalog, 'item')),
        retry: 'agentmmrec knowledge build --data ... --reasoner ... --retry-failed',
      };
    },
    listReports: () => ({ reports: workspace.reports.list() }),
    searchEntities: async ({ q, limit }) => {
      const { catalog } = await explorer.data();
      return {
        users: catalog
          .search('user', q)
          .slice(0, limit)
          .map((place) => catalog.userCard(place)),
        items: catalog
          .search('item', q)
          .slice(0, limit)
          .map((place) => catalog.itemCard(place)),
      };
    },
    listUsers: async ({ q = '', limit, offset }) => {
      const { catalog } = await explorer.data();
      const found = catalog.search('user', q);
      return {
        total: found.length,
        users: found.slice(offset, offset + limit).map((place) => catalog.userCard(place)),
      };
    },
    getUser: async ({ user }) => {
      const { catalog } = await explorer.data();
      const all = catalog.historyOf(catalog.place('user', user));
      const history = [...all.subarray(0, SHOWN_HISTORY)].map((item) => catalog.itemCard(item));
      return { id: user, total: all.length, history };
    },
    userKnowledge: ({ user, ...query }) => knowledge('user', user, query),
    userDifference: ({ user, ...query }) => difference('user', user, query),
    userNeighbours: ({ user, graph, ...query }) => neighboursIn('user', user, graph, query),
    listItems: async ({ q = '', limit, offset }) => {
      const { catalog } = await explorer.data();
      const found = catalog.search('item', q);
      return {
        total: found.length,
        items: found.slice(offset, offset + limit).map((place) => catalog.itemCard(place)),
      };
    },
    getItem: async ({ item }) => {
      const { catalog } = await explorer.data();
      const place = catalog.place('item', item);
      const buyers = [...catalog.buyersOf(place).subarray(0, SHOWN_BUYERS)].map((user) => catalog.userCard(user));
      return { item: catalog.itemCard(place), description: catalog.descriptionOf(place), buyers };
    },
    itemKnowledge: ({ item, ...query }) => knowledge('item', item, query),
    itemDifference: ({ item, ...query }) => difference('item', item, query),
    itemNeighbours: ({ item, graph, ...query }) => neighboursIn('item', item, graph, query),
    similarItems: async ({ item, k, memory }) => {
      const data = await explorer.data();
      const place = data.catalog.place('item', item);
      return await similarTo(data, place, k, memoryIfAny(data, memory));
    },
    recommend: async ({ user, k, run, rerank, why }) => {
      const { catalog, recommender } = await explorer.data();
      return await recommender.recommend({ user: catalog.place('user', user), k, run: run ?? null, rerank, why });
    },
    explain: async ({ user, item, run }) => {
      const data = await explorer.data();
      return await explained(data, user, item, run ?? null, memoryIfAny(data, undefined));
    },
    graph: async ({ kind, id, graphs, k, memory }) => {
      const data = await explorer.data();
      const place = data.catalog.place(kind, id);
      const wanted = graphs === undefined ? null : readGraphs(kind, graphs);
      return await egoNetwork(data, { kind, place, graphs: wanted, k, memory: memoryIfAny(data, memory) });
    },
  };
}

async function statusOf(explorer: Explorer, version: string): Promise<ReplyOf<'status'>> {
  const { workspace } = explorer;
  const data = await explorer.data().catch((cause) => {
    if (cause instanceof NotThere) return null;
    throw cause;
  });
  const training = data?.catalog.training ?? null;
  const run = training && (workspace.runs.openable(training.fingerprint)[0]?.id ?? null);
  const memory = training && workspace.memories.newestFor(training.fingerprint);
  return {
    version,
    workspace: workspace.path,
    data: training && {
      name: training.name,
      fingerprint: training.fingerprint,
      users: training.users,
      items: training.items,
      interactions: training.train.itemIds.length,
      hasContent: training.content !== null,
    },
    run,
    memory,
    firstStep: firstStep(training?.name ?? null, run, memory),
  };
}

/** The first thing that is lacking, and the command that makes it. */
function firstStep(data: string | null, run: string | null, memory: string | null): ReplyOf<'status'>['firstStep'] {
  if (data === null) {
    const command = 'agentmmrec data synth --out shop && agentmmrec data prepare --from shop --name catalog';
    return { lacking: 'a data set', command };
  }
  if (run === null) return { lacking: 'a trained model', command: `agentmmrec train --model lightgcn --data ${data}` };
  if (memory !== null) return null;
  return { lacking: 'knowledge', command: `agentmmrec knowledge build --data ${data} --reasoner extractive` };
}

async function similarTo(
  data: OpenData,
  place: number,
  k: number,
  memory: NamedMemory | null,
): Promise<ReplyOf<'similarItems'>> {
  const { catalog, neighbours } = data;
  for (const graph of ['rti', 'bmi', 'raw'] as const) {
    const list = await neighbours.of(graph, 'item', place, k, memory).catch((cause) => {
      if (cause instanceof NotThere) return null;
      throw cause;
    });
    const found = (list?.neighbours ?? []).filter(({ change }) => change !== 'dropped');
    if (found.length === 0) continue;
    const seen = new Map(found.map((one) => [one.place, one]));
    const items = [...seen.values()]
      .slice(0, k)
      .map((one) => ({ item: catalog.itemCard(one.place), similarity: one.similarity }));
    return { graph, items };
  }
  return { graph: 'bought', items: boughtTogether(catalog, place, k) };
}

/** Items that share most buyers with an item. */
function boughtTogether(catalog: Catalog, place: number, k: number) {
  const counts = new Map<number, number>();
  for (const user of catalog.buyersOf(place).subarray(0, 1000)) {
    for (const other of catalog.historyOf(user)) if (other !== place) counts.set(other, (counts.get(other) ?? 0) + 1);
  }
  return [...counts]
    .sort((a, b) => b[1] - a[1] || a[0] - b[0])
    .slice(0, k)
    .map(([other]) => ({ item: catalog.itemCard(other), similarity: null }));
}

async function explained(
  { catalog, recommender, neighbours }: OpenData,
  userId: string,
  itemId: string,
  run: string | null,
  memory: NamedMemory | null,
): Promise<ReplyOf<'explain'>> {
  const [user, item] = [catalog.place('user', userId), catalog.place('item', itemId)];
  const model = await recommender.run(run);
  const list = await model.list(user, EXPLAINED_DEPTH);
  const reasons = reasonsFor(model, catalog, user, item);
  const buyers = new Set(catalog.buyersOf(item));
  const alike = memory === null ? [] : (await neighbours.of('bmu', 'user', user, ALIKE, memory)).neighbours;
  const having = alike.filter(({ place }) => buyers.has(place)).map(({ place }) => catalog.idOf('user', place));
  const isBought = catalog.historyOf(user).includes(item);
  return {
    user: userId,
    item: catalog.itemCard(item),
    run: model.id,
    rank: placeIn(list.reranked ?? list.items, item),
    rankBefore: placeIn(list.items, item),
    isBought,
    reasons,
    alike: having,
    sentences: [
      ...(isBought ? ['the user has it in training, so it is never recommended'] : []),
      ...whySentences(reasons),
      ...(having.length > 0 ? [`${having.length} of ${alike.length} users with like preferences have it`] : []),
    ],
  };
}

function placeIn(items: Int32Array, item: number): number | null {
  const at = items.indexOf(item);
  return at < 0 ? null : at + 1;
}

function named(failure: JobFailure, catalog: Catalog | null, kind: EntityKind) {
  const { key, reason, attempts } = failure;
  const id = catalog && /^\d+$/.test(key) ? (catalog.idOf(kind, Number(key)) ?? null) : null;
  return { key, id, reason, attempts };
}

function readGraphs(kind: EntityKind, text: string): GraphName[] {
  const known: readonly GraphName[] = graphNames[kind];
  return text.split(',').map((name) => {
    const found = known.find((one) => one === name);
    if (found) return found;
    throw new AmrError({
      what: 'graphs',
      got: JSON.stringify(name),
      expected: `some of ${known.join(', ')} for a ${kind}`,
      hint: 'separate them by commas',
    });
  });
}

function tooMany(what: string, count: number, most: number): AmrError {
  return new AmrError({ what, got: String(count), expected: `at most ${most}`, hint: 'ask for fewer at a time' });
}
