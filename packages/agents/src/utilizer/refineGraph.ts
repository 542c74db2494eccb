import { AmrError, type Log, type NeighbourLists, silentLog } from '@agentmmrec/core';
import type { Features, TrainingData } from '@agentmmrec/datasets';
import {
  IMAGE_WEIGHT,
  modalityWeights,
  type NeighbourGraph,
  nearestCoPurchases,
  neighbourGraph,
  neighboursOfRows,
} from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import type { KnowledgeMemory, KnowledgeView } from '@agentmmrec/memory';
import { JournalBuffer } from '../calls/journalBuffer.js';
import { counting, runCalls } from '../calls/runCalls.js';
import { assemblyOptions, type KnowledgeValues, type PromptSampling } from '../knowledgeOptions.js';
import type { Reasoner } from '../reasoning/reasoner.js';
import { addRepairs, type RepairCounts, repairSelection } from '../reasoning/repairs.js';
import { knowledgeSnapshot } from '../remembered/knowledgeSnapshot.js';
import { type Candidate, type Refined, Utilizer } from './utilizer.js';

/** What decides the candidates of a refinement. */
export type CandidateOptions = Pick<
  RefineOptions,
  'features' | 'device' | 'training' | 'kItems' | 'coPurchaseCandidates' | 'imageWeight'
>;

/** What a refinement needs. */
export interface RefineOptions
  extends PromptSampling,
    Partial<Pick<KnowledgeValues, 'kItems' | 'coPurchaseCandidates'>> {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** answers are journalled in it where it is open for writing, and found there the next time */
  readonly memory: KnowledgeMemory;
  /** the knowledge that the agent sees; the memory's current entries by default */
  readonly knowledge?: KnowledgeView;
  /** raw item features; each modality offers its k nearest items as candidates */
  readonly features: readonly Features[];
  readonly device: Device;
  /** share of images in the fused similarity */
  readonly imageWeight?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  readonly maxInFlight?: number;
}

/** The refined item graph and how it came about. */
export interface RefinedGraph {
  readonly graph: NeighbourLists;
  readonly repairs: RepairCounts;
  /** calls made now, and answers found in the journal */
  readonly asked: number;
  readonly reused: number;
  /** items whose call failed for good: their rows are filled by fused similarity, counted as repairs, and asked again next time */
  readonly failures: readonly RefinementFailure[];
  /** share of neighbours that the fused similarity alone would not have chosen, 0 to 1 */
  readonly changedShare: number;
}

/** An item whose call failed for good, and why. */
export interface RefinementFailure {
  readonly item: number;
  readonly reason: string;
}

/**
 * The refined item graph `rti` (docs/method.md#graphs, eq. 12): for every item the Utilizer selects exactly k of the union of its
 * raw lists, the item itself left out. Resumable: an answer in the journal is not asked for again.
 * @throws AmrError input: no features, fewer than k + 1 items; interrupted: `signal`
 */
export async function refineGraph(options: RefineOptions): Promise<RefinedGraph> {
  const { training, memory, reasoner, log = silentLog, signal } = options;
  const candidates = candidateLists(options);
  const k = options.kItems ?? assemblyOptions.kItems.default;
  if (training.content) await reasoner.prepare(training.content, training.train);
  const utilizer = new Utilizer(options);
  const knowledge = knowledgeSnapshot(options.knowledge ?? memory);
  const indices = new Int32Array(training.items * k);
  const journal = new JournalBuffer(memory, reasoner.paid);
  const total = { repairs: {} as RepairCounts, asked: 0, reused: 0, changed: 0 };
  const failures: RefinementFailure[] = [];
  const place = (item: number, { items, repairs }: Pick<Refined, 'items' | 'repairs'>): void => {
    indices.set(items, item * k);
    total.repairs = addRepairs(total.repairs, repairs);
    const fused = new Set(fusedOrder(candidates[item]).slice(0, k));
    total.changed += items.filter((chosen) => !fused.has(chosen)).length;
  };
  try {
    await runCalls<number>({
      label: 'refining the item graph',
      activity: 'refining the item graph',
      counted: 'items',
      total: training.items,
      hint: 'run the same command again: answers so far are kept',
      reasoner,
      maxInFlight: options.maxInFlight,
      log,
      signal,
      next: counting(training.items),
      async work(item) {
        const refined = await utilizer.refine(item, candidates[item], k, {
          knowledge,
          journal: memory.journal,
          signal,
        });
        await journal.add(refined.record);
        place(item, refined);
        if (refined.record) total.asked++;
        else total.reused++;
      },
      // A call that failed for good costs its item the agent's choice, not the graph.
      failed(item, reason) {
        place(item, repairSelection([], candidates[item], k));
        failures.push({ item, reason });
      },
    });
  } finally {
    journal.flush();
  }
  const { changed, ...counts } = total;
  failures.sort((a, b) => a.item - b.item);
  if (failures.length > 0) {
    log.warn(`${failures.length} of ${training.items} items could not be refined, the first: ${failures[0].reason}`);
  }
  return { graph: { rows: training.items, k, indices }, ...counts, failures, changedShare: changed / indices.length };
}

/** Candidates by descending fused similarity, ties to the lower id: what stands in without an agent. */
export function fusedOrder(candidates: readonly Candidate[]): number[] {
  return candidates
    .toSorted((a, b) => b.fusedSimilarity - a.fusedSimilarity || a.item - b.item)
    .map(({ item }) => item);
}

/**
 * For each item the union of its k nearest items by each modality (self left out, so that there are always k), ascending, with
 * the weighted sum of the cosines of all modalities. A modality that stands alone offers 2k: of k there would be nothing to choose.
 * `coPurchaseCandidates` more are those most often bought together with it in training.
 */
export function candidateLists({
  features,
  device,
  training,
  kItems: k = assemblyOptions.kItems.default,
  coPurchaseCandidates = assemblyOptions.coPurchaseCandidates.default,
  imageWeight = IMAGE_WEIGHT,
}: CandidateOptions): Candidate[][] {
  if (features.length === 0) throw noFeatures(training.name);
  const offered = offeredOf(features.length, k, training.items);
  const graphs = features.map(({ matrix, modality }) =>
    neighbourGraph(
      device,
      matrix,
      { k: offered, self: 'exclude', chosenBy: 'k-items' },
      `raw ${modality} graph of ${training.name}`,
    ),
  );
  const weights = weightsOf(features, imageWeight);
  const together = nearestCoPurchases(training.train, coPurchaseCandidates);
  return Array.from({ length: training.items }, (_, item) =>
    united(item, { nearest: graphs.map((graph) => rowOf(graph, item)), together: together(item) }, features, weights),
  );
}

/** The candidates of one item, the same as `candidateLists` gives it, without making the graphs of all. */
export function candidatesOf(
  item: number,
  {
    features,
    device,
    training,
    kItems: k = assemblyOptions.kItems.default,
    coPurchaseCandidates = assemblyOptions.coPurchaseCandidates.default,
    imageWeight = IMAGE_WEIGHT,
  }: CandidateOptions,
): Candidate[] {
  if (features.length === 0) throw noFeatures(training.name);
  const offered = offeredOf(features.length, k, training.items);
  const rows = features.map(({ matrix }) =>
    neighboursOfRows(device, matrix, [item], { k: offered, self: 'exclude' })[0].map(({ row }) => row),
  );
  const together = nearestCoPurchases(training.train, coPurchaseCandidates)(item);
  return united(item, { nearest: rows, together }, features, weightsOf(features, imageWeight));
}

function offeredOf(modalities: number, k: number, items: number): number {
  return modalities === 1 ? Math.max(k, Math.min(2 * k, items - 1)) : k;
}

function weightsOf(features: readonly Features[], imageWeight: number): number[] {
  return modalityWeights(
    features.map(({ modality }) => modality),
    imageWeight,
  );
}

/** What is near an item: a list by each modality, in the order of the features, and what was bought together with it. */
interface NearLists {
  readonly nearest: readonly Iterable<number>[];
  readonly together: Iterable<number>;
}

/** The union of an item's lists, ascending, each with its fused similarity and the lists that it comes from. */
function united(
  item: number,
  { nearest, together }: NearLists,
  features: readonly Features[],
  weights: readonly number[],
): Candidate[] {
  const named = [...nearest.map((list, m) => [features[m].modality, list] as const), ['purchases', together] as const];
  const near = new Map<number, string[]>();
  for (const [name, list] of named) for (const other of list) near.set(other, [...(near.get(other) ?? []), name]);
  return [...near]
    .sort(([a], [b]) => a - b)
    .map(([other, names]) => ({
      item: other,
      near: names,
      fusedSimilarity: features.reduce(
        (sum, { matrix }, m) => sum + weights[m] * cosine(matrix.data, matrix.cols, item, other),
        0,
      ),
    }));
}

function rowOf(graph: NeighbourGraph, row: number): Int32Array {
  return graph.indices.subarray(row * graph.k, (row + 1) * graph.k);
}

function cosine(data: Float32Array, width: number, a: number, b: number): number {
  let [product, squaresA, squaresB] = [0, 0, 0];
  for (let n = 0; n < width; n++) {
    const [x, y] = [data[a * width + n], data[b * width + n]];
    product += x * y;
    squaresA += x * x;
    squaresB += y * y;
  }
  return product === 0 ? 0 : product / Math.sqrt(squaresA * squaresB);
}

function noFeatures(name: string): AmrError {
  return new AmrError({
    what: `refining the item graph of ${name}`,
    got: 'no item features',
    expected: 'features of at least one modality: their nearest items are the candidates',
    hint: 'encode the content first: agentmmrec encode',
  });
}
