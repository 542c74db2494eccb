import { addRepairs, type Candidate, type RepairCounts, type Utilizer } from '@agentmmrec/agents';
import { AmrError, type Log, type NeighbourLists } from '@agentmmrec/core';
import type { Features } from '@agentmmrec/datasets';
import { modalityWeights, type NeighbourGraph, neighbourGraph } from '@agentmmrec/graphs';
import type { Device } from '@agentmmrec/kernels';
import type { Journal, KnowledgeMemory, KnowledgeView } from '@agentmmrec/memory';

export interface RefinementRequest {
  readonly utilizer: Utilizer;
  readonly knowledge: KnowledgeView;
  /** answers are looked for here and appended, or null to keep none */
  readonly memory: Pick<KnowledgeMemory, 'journal' | 'atomically'> | null;
  readonly features: readonly Features[];
  readonly device: Device;
  readonly k: number;
  /** calls in flight */
  readonly concurrency: number;
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
}

export interface RefinedGraph {
  readonly lists: NeighbourLists;
  readonly repairs: RepairCounts;
  /** share of chosen neighbours that plain fused similarity would not have chosen */
  readonly changedShare: number;
}

const imageWeight = 0.1;
const itemsPerCommit = 64;

/**
 * The rti graph (eq. 12): for each item the Utilizer chooses exactly k of the union of its raw neighbour lists. Where there is
 * one modality its list alone would leave nothing to choose, so it is drawn twice as long.
 */
export async function refineGraph(request: RefinementRequest): Promise<RefinedGraph> {
  const { features, k, concurrency, memory, log } = request;
  const items = features[0].matrix.rows;
  const candidates = rawCandidates(request);
  const indices = new Int32Array(items * k); // [items, k]
  const progress = log.progress('refined item graph', items);
  let repairs: RepairCounts = {};
  let changed = 0;
  try {
    for (let start = 0; start < items; start += itemsPerCommit) {
      if (request.signal?.aborted) throw interrupted(start, items);
      const block = Array.from({ length: Math.min(itemsPerCommit, items - start) }, (_, n) => start + n);
      const refined = await inFlight(block, concurrency, (item) => refineItem(request, item, candidates[item]));
      const append = (journal: Journal): void => {
        for (const { record } of refined) if (record) journal.append(record);
      };
      memory?.atomically(() => append(memory.journal));
      refined.forEach((one, n) => {
        indices.set(one.items, block[n] * k);
        repairs = addRepairs(repairs, one.repairs);
        const plain = new Set(fusedOrder(candidates[block[n]]).slice(0, k));
        changed += one.items.filter((item) => !plain.has(item)).length;
      });
      progress.update(start + block.length);
    }
  } finally {
    progress.end();
  }
  return { lists: { rows: items, k, indices }, repairs, changedShare: changed / indices.length };
}

async function refineItem(
  { utilizer, knowledge, memory, k, signal }: RefinementRequest,
  item: number,
  candidates: Candidate[],
) {
  const journal = memory?.journal ?? { find: () => null };
  return await utilizer.refine(item, candidates, k, { knowledge, journal, ...(signal && { signal }) });
}

/** Per item the union of its raw lists, itself left out, with the weighted sum of the cosines known for it. */
function rawCandidates({ features, device, k }: RefinementRequest): Candidate[][] {
  const items = features[0].matrix.rows;
  const weights = modalityWeights(
    features.map(({ modality }) => modality),
    imageWeight,
  );
  const wanted = Math.min(features.length === 1 ? 2 * k : k, items - 1);
  if (wanted < k) throw tooFewItems(items, k);
  const graphs = features.map(({ modality, matrix }) =>
    neighbourGraph(device, matrix, { k: wanted, self: 'exclude' }, `raw graph of ${modality} features`),
  );
  return Array.from({ length: items }, (_, item) => {
    const fused = new Map<number, number>();
    graphs.forEach((graph, m) => {
      for (const [neighbour, score] of rowOf(graph, item)) {
        fused.set(neighbour, (fused.get(neighbour) ?? 0) + weights[m] * score);
      }
    });
    const found = [...fused].map(([neighbour, fusedSimilarity]) => ({ item: neighbour, fusedSimilarity }));
    return found.sort((a, b) => b.fusedSimilarity - a.fusedSimilarity || a.item - b.item);
  });
}

function rowOf({ k, indices, scores }: NeighbourGraph, row: number): [number, number][] {
  return Array.from({ length: k }, (_, n) => [indices[row * k + n], scores[row * k + n]]);
}

function fusedOrder(candidates: readonly Candidate[]): number[] {
  return candidates.map(({ item }) => item);
}

/** Results in the order of the inputs, at most `limit` calls at a time. */
async function inFlight<A, B>(inputs: readonly A[], limit: number, work: (input: A) => Promise<B>): Promise<B[]> {
  const results: B[] = new Array(inputs.length);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < inputs.length) {
      const at = next++;
      results[at] = await work(inputs[at]);
    }
  };
  await Promise.all(Array.from({ length: Math.min(limit, inputs.length) }, worker));
  return results;
}

function tooFewItems(items: number, k: number): AmrError {
  return new AmrError({
    what: 'refined item graph',
    got: `k = ${k} for ${items} items`,
    expected: `k from 1 to ${items - 1}`,
    hint: 'choose a smaller --k-items',
  });
}

function interrupted(done: number, items: number): AmrError {
  return new AmrError({
    what: 'refined item graph',
    got: `a stop after ${done} of ${items} items`,
    expected: 'to run to the end',
    hint: 'run the same command again: it goes on from here and repeats no finished call',
    kind: 'interrupted',
  });
}
