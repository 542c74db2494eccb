import { AmrError, type Log, type NeighbourLists, silentLog } from '@agentmmrec/core';
import type { Features, TrainingData } from '@agentmmrec/datasets';
import { modalityWeights, type NeighbourGraph, neighbourGraph } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import type { JournalRecord, KnowledgeMemory, KnowledgeView } from '@agentmmrec/memory';
import { eachInFlight } from '../calls/inFlight.js';
import { type Reasoner, spentLine } from '../reasoning/reasoner.js';
import { addRepairs, type RepairCounts, repairSelection } from '../reasoning/repairs.js';
import { knowledgeSnapshot } from '../remembered/knowledgeSnapshot.js';
import { type Candidate, Utilizer } from './utilizer.js';

export interface RefineOptions {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** opened for writing: answers are journalled in it, and found there the next time */
  readonly memory: KnowledgeMemory;
  /** the knowledge that the agent sees; the memory's current entries by default */
  readonly knowledge?: KnowledgeView;
  /** raw item features; each modality offers its k nearest items as candidates */
  readonly features: readonly Features[];
  readonly device: Device;
  readonly seed: number;
  readonly neighbours?: number;
  /** neighbours per item; 10 */
  readonly k?: number;
  /** share of images in the fused similarity; 0.1 */
  readonly imageWeight?: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  readonly maxInFlight?: number;
}

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

export interface RefinementFailure {
  readonly item: number;
  readonly reason: string;
}

const batchSize = 128;

/**
 * The refined item graph `rti` (method.md section 3, eq. 12): for every item the Utilizer selects exactly k of the union of its
 * raw lists, the item itself left out. Resumable: an answer in the journal is not asked for again.
 * @throws AmrError input: no features, fewer than k + 1 items; interrupted: `signal`
 */
export async function refineGraph(options: RefineOptions): Promise<RefinedGraph> {
  const { training, memory, reasoner, log = silentLog, signal } = options;
  const candidates = candidateLists(options);
  const k = options.k ?? 10;
  if (training.content) await reasoner.prepare(training.content, training.train);
  const utilizer = new Utilizer(options);
  const knowledge = knowledgeSnapshot(options.knowledge ?? memory);
  const indices = new Int32Array(training.items * k);
  const progress = log.progress('refining the item graph', training.items);
  const journal = new JournalBuffer(memory, reasoner.paid);
  const total = { repairs: {} as RepairCounts, asked: 0, reused: 0, changed: 0 };
  const failures: RefinementFailure[] = [];
  let done = 0;
  /** A call that failed for good costs its item the agent's choice, not the graph; mistakes and stops end it. */
  const refinedOrFailed = async (item: number, offered: readonly Candidate[]) => {
    try {
      const refined = await utilizer.refine(item, offered, k, { knowledge, journal: memory.journal, signal });
      return { ...refined, failure: null };
    } catch (cause) {
      if (signal?.aborted || !(cause instanceof AmrError) || cause.kind !== 'failed') throw cause;
      return { ...repairSelection([], offered, k), record: null, failure: cause.message };
    }
  };
  const refineOne = async (item: number): Promise<void> => {
    if (signal?.aborted) throw interrupted(done, training.items);
    const offered = candidates[item];
    const refined = await refinedOrFailed(item, offered);
    await journal.add(refined.record);
    indices.set(refined.items, item * k);
    total.repairs = addRepairs(total.repairs, refined.repairs);
    if (refined.failure) failures.push({ item, reason: refined.failure });
    else if (refined.record) total.asked++;
    else total.reused++;
    const fused = new Set(fusedOrder(offered).slice(0, k));
    total.changed += refined.items.filter((chosen) => !fused.has(chosen)).length;
    const spent = reasoner.spent?.();
    progress.update(++done, spent && spentLine(spent));
    if (done % batchSize === 0) await new Promise((resolve) => setImmediate(resolve));
  };
  try {
    await eachInFlight(training.items, options.maxInFlight ?? reasoner.concurrency, refineOne);
  } finally {
    journal.flush();
    progress.end();
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
 */
export function candidateLists({
  features,
  device,
  training,
  k = 10,
  imageWeight = 0.1,
}: Pick<RefineOptions, 'features' | 'device' | 'training' | 'k' | 'imageWeight'>): Candidate[][] {
  if (features.length === 0) throw noFeatures(training.name);
  const weights = modalityWeights(
    features.map(({ modality }) => modality),
    imageWeight,
  );
  const offered = features.length === 1 ? Math.max(k, Math.min(2 * k, training.items - 1)) : k;
  const graphs = features.map(({ matrix, modality }) =>
    neighbourGraph(device, matrix, { k: offered, self: 'exclude' }, `raw ${modality} graph of ${training.name}`),
  );
  return Array.from({ length: training.items }, (_, item) => {
    const union = new Set(graphs.flatMap((graph) => [...rowOf(graph, item)]));
    return [...union]
      .sort((a, b) => a - b)
      .map((other) => ({
        item: other,
        fusedSimilarity: features.reduce(
          (sum, { matrix }, m) => sum + weights[m] * cosine(matrix.data, matrix.cols, item, other),
          0,
        ),
      }));
  });
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

/** Journal records committed in groups: those that cost something with what else ends in the same moment, the others by the batch. */
class JournalBuffer {
  private waiting: JournalRecord[] = [];

  constructor(
    private readonly memory: KnowledgeMemory,
    private readonly paid: boolean,
  ) {}

  async add(record: JournalRecord | null): Promise<void> {
    if (record === null) return;
    if (this.paid) {
      await this.memory.grouped(() => this.memory.journal.append(record));
      return;
    }
    this.waiting.push(record);
    if (this.waiting.length >= batchSize) this.flush();
  }

  flush(): void {
    const records = this.waiting;
    this.waiting = [];
    if (records.length === 0) return;
    this.memory.atomically(() => {
      for (const record of records) this.memory.journal.append(record);
    });
  }
}

function noFeatures(name: string): AmrError {
  return new AmrError({
    what: `refining the item graph of ${name}`,
    got: 'no item features',
    expected: 'features of at least one modality: their nearest items are the candidates',
    hint: 'encode the content first: agentmmrec encode',
  });
}

function interrupted(done: number, total: number): AmrError {
  return new AmrError({
    what: 'refining the item graph',
    got: `a stop after ${done} of ${total} items`,
    expected: 'to run to the end',
    hint: 'run the same command again: answers so far are kept',
    kind: 'interrupted',
  });
}
