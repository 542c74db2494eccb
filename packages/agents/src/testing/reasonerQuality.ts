import { type Features, type Interactions, type ItemContent, itemsOf, type TrainingData } from '@agentmmrec/datasets';
import { describeImage } from '@agentmmrec/encoders';
import type { Device } from '@agentmmrec/kernels';
import { type KnowledgeMemory, openMemory } from '@agentmmrec/memory';
import type { DescribeImage } from '../extractive/catalogIndex.js';
import { overlap, termsOf } from '../extractive/matching.js';
import { visualTerms } from '../extractive/visualWords.js';
import { textTerms } from '../extractive/words.js';
import { buildKnowledge } from '../integrator/buildKnowledge.js';
import { Integrator } from '../integrator/integrator.js';
import { requireContent } from '../reasoning/content.js';
import { modalityTasks, noParts, partOfTask } from '../reasoning/modality.js';
import { Neighbourhood } from '../reasoning/neighbourhood.js';
import type { ModalityTask, Reasoner } from '../reasoning/reasoner.js';
import { knowledgeSnapshot } from '../remembered/knowledgeSnapshot.js';
import { candidateLists, fusedOrder, refineGraph } from '../utilizer/refineGraph.js';
import { Utilizer } from '../utilizer/utilizer.js';

/** How well one task was done beside its trivial answer. Higher is better in both. */
export interface TaskQuality {
  readonly task: string;
  /** what is measured, in words */
  readonly measure: string;
  readonly trivial: number;
  readonly answer: number;
  /** share of the answer that differs from the trivial one, 0 to 1 */
  readonly changedShare: number;
}

/** What the tasks are measured on. */
export interface QualityOptions {
  readonly training: TrainingData;
  /** held out of everything the reasoner sees; what reranking and updates are judged on */
  readonly fold: Interactions;
  /** training interactions without the fold */
  readonly rest: Interactions;
  readonly reasoner: Reasoner;
  /** for the plain words of images; default: measured on the pixels */
  readonly describe?: DescribeImage;
  readonly features: readonly Features[];
  /** the truth behind the items, [items] names of traits; the reasoner never sees it */
  readonly itemTraits: readonly (readonly string[])[];
  readonly device: Device;
  readonly knowledgeSeed: number;
}

const nearest = 10;
const listLength = 50;

/**
 * Judges a reasoner on all nine tasks where the truth is known (a synthetic catalog), each against its trivial answer: plain words,
 * fused similarity, the base order, the text left as it was. `TaskQuality` says what each is judged by.
 */
export async function reasonerQuality(options: QualityOptions): Promise<TaskQuality[]> {
  const { reasoner, knowledgeSeed } = options;
  const training: TrainingData = { ...options.training, train: options.rest };
  const memory = openMemory({ path: ':memory:', fingerprint: training.fingerprint, mode: 'write' });
  try {
    await buildKnowledge({ training, reasoner, memory, knowledgeSeed });
    const plain = await plainTerms(requireContent(training), options.describe ?? describeImage);
    const entries = modalityTasks.flatMap((task) => [
      preferenceQuality(options, training, memory, task, plain[task]),
      propertyQuality(options, memory, task, plain[task]),
    ]);
    const refined = await refinementQuality(options, training, memory);
    return [...entries, refined, ...(await rankingQuality(options, training, memory))];
  } finally {
    memory.close();
  }
}

type Bag = ReadonlyMap<string, number>;

/** Whether the part tells what the user takes next: the held-out item against all others, by overlap with what is known of each. */
function preferenceQuality(
  options: QualityOptions,
  training: TrainingData,
  memory: KnowledgeMemory,
  task: ModalityTask,
  plain: PlainTerms,
): TaskQuality {
  const integrator = new Integrator({ ...options, training });
  const part = partOfTask[task];
  const likes = bags(training.users, (user) => memory.get('preference', user)?.parts[part] ?? null);
  const properties = bags(training.items, (item) => memory.get('property', item)?.parts[part] ?? null);
  const plainLikes = Array.from({ length: training.users }, (_, user) => {
    const bag = new Map<string, number>();
    for (const item of integrator.sampledItems(user)) {
      for (const term of plain[item]) bag.set(term, (bag.get(term) ?? 0) + 1);
    }
    return bag;
  });
  const means = new Means();
  for (let user = 0; user < training.users; user++) {
    const truth = itemsOf(options.fold, user)[0];
    if (truth === undefined) continue;
    const seen = new Set(itemsOf(training.train, user));
    const trivial = shareRankedBelow(
      truth,
      seen,
      plain.map((terms) => plainOverlap(plainLikes[user], terms)),
    );
    const answer = shareRankedBelow(
      truth,
      seen,
      properties.map((bag) => overlap(likes[user], bag)),
    );
    means.add(trivial, answer, trivial === answer ? 0 : 1);
  }
  return means.quality(`preference-${task}`, 'share of unseen items ranked below the held-out one');
}

function plainOverlap(bag: Bag, terms: readonly string[]): number {
  let shared = 0;
  for (const term of terms) shared += bag.get(term) ?? 0;
  return shared / Math.sqrt(Math.max(1, terms.length));
}

/** 1 when the truth scores highest, 0.5 for chance; ties count half. */
function shareRankedBelow(truth: number, seen: ReadonlySet<number>, scores: readonly number[]): number {
  let below = 0;
  let others = 0;
  scores.forEach((score, item) => {
    if (item === truth || seen.has(item)) return;
    others++;
    below += score < scores[truth] ? 1 : score === scores[truth] ? 0.5 : 0;
  });
  return below / Math.max(1, others);
}

function propertyQuality(
  options: QualityOptions,
  memory: KnowledgeMemory,
  task: ModalityTask,
  plain: PlainTerms,
): TaskQuality {
  const answers = bags(options.training.items, (item) => memory.get('property', item)?.parts[partOfTask[task]] ?? null);
  const trivial = plain.map((terms) => new Map(terms.map((term) => [term, 1])));
  return neighbourQuality(`property-${task}`, answers, trivial, options.itemTraits);
}

type PlainTerms = readonly (readonly string[])[];

/** The trivial answer to a preference or property: every word of what is shown, unweighted, [items]. */
async function plainTerms(
  content: readonly ItemContent[],
  describe: DescribeImage,
): Promise<Readonly<Record<ModalityTask, PlainTerms>>> {
  const text = content.map(textTerms);
  const visual = await Promise.all(
    content.map(async ({ imagePath }) => (imagePath === null ? [] : visualTerms(await describe(imagePath)))),
  );
  return { text, visual, multimodal: text.map((words, item) => [...new Set([...words, ...visual[item]])]) };
}

function bags(count: number, partOf: (entity: number) => string | null): Bag[] {
  return Array.from({ length: count }, (_, entity) => termsOf({ ...noParts, text: partOf(entity) }));
}

function neighbourQuality(
  task: string,
  answers: readonly Bag[],
  trivial: readonly Bag[],
  traits: readonly (readonly string[])[],
): TaskQuality {
  const [found, plain] = [nearestOthers(answers), nearestOthers(trivial)];
  return {
    task,
    measure: `traits shared with each of the ${nearest} nearest`,
    trivial: sharedTraits(plain, traits),
    answer: sharedTraits(found, traits),
    changedShare: differenceShare(found, plain),
  };
}

function nearestOthers(all: readonly Bag[]): number[][] {
  return all.map((bag, n) =>
    all
      .map((other, m) => ({ m, score: m === n ? Number.NEGATIVE_INFINITY : overlap(bag, other) }))
      .sort((a, b) => b.score - a.score || a.m - b.m)
      .slice(0, nearest)
      .map(({ m }) => m),
  );
}

/** Mean number of traits that an entity shares with each of its neighbours. */
function sharedTraits(neighbours: readonly (readonly number[])[], traits: readonly (readonly string[])[]): number {
  let shared = 0;
  let pairs = 0;
  neighbours.forEach((list, n) => {
    const own = new Set(traits[n]);
    for (const other of list) shared += traits[other].filter((trait) => own.has(trait)).length;
    pairs += list.length;
  });
  return shared / Math.max(1, pairs);
}

function differenceShare(found: readonly (readonly number[])[], plain: readonly (readonly number[])[]): number {
  let changed = 0;
  let places = 0;
  found.forEach((list, n) => {
    changed += list.filter((other) => !plain[n].includes(other)).length;
    places += list.length;
  });
  return changed / Math.max(1, places);
}

async function refinementQuality(
  options: QualityOptions,
  training: TrainingData,
  memory: KnowledgeMemory,
): Promise<TaskQuality> {
  const { graph, changedShare } = await refineGraph({ ...options, training, memory, kItems: nearest });
  const rows = Array.from({ length: graph.rows }, (_, row) => [
    ...graph.indices.subarray(row * graph.k, (row + 1) * graph.k),
  ]);
  const fused = candidateLists({ ...options, kItems: nearest }).map((offered) => fusedOrder(offered).slice(0, nearest));
  return {
    task: 'refine-graph',
    measure: `traits shared with each of the ${nearest} neighbours`,
    trivial: sharedTraits(fused, options.itemTraits),
    answer: sharedTraits(rows, options.itemTraits),
    changedShare,
  };
}

/** Reranking of co-purchase lists, and updates for the users whom reranking failed. */
async function rankingQuality(
  options: QualityOptions,
  training: TrainingData,
  memory: KnowledgeMemory,
): Promise<TaskQuality[]> {
  const neighbourhood = new Neighbourhood(training.train);
  const utilizer = new Utilizer({ ...options, training }, neighbourhood);
  const integrator = new Integrator({ ...options, training }, neighbourhood);
  const knowledge = knowledgeSnapshot(memory);
  const reranking = new Means();
  const updating = new Means();
  for (let user = 0; user < training.users; user++) {
    const truth = itemsOf(options.fold, user)[0];
    const entry = knowledge.get('preference', user);
    const base = coPurchaseList(neighbourhood, user, listLength);
    if (truth === undefined || entry === null || base.indexOf(truth) < 1) continue;
    const quality = (order: readonly number[]): number => 1 / Math.log2(order.indexOf(truth) + 2);
    const before = await utilizer.rerank(user, entry.parts, base, { knowledge });
    reranking.add(
      quality(base),
      quality(before.order),
      before.order.filter((item, place) => item !== base[place]).length / base.length,
    );
    if (quality(before.order) >= quality(base)) continue;
    const properties = knowledge.get('property', truth)?.parts ?? noParts;
    const input = {
      user,
      preferences: entry.parts,
      truth: [{ item: truth, properties }],
      ndcgBase: quality(base),
      ndcgReranked: quality(before.order),
      attempt: 1,
    };
    const { entry: updated } = await integrator.update(entry, input);
    const after = await utilizer.rerank(user, updated.parts, base, { knowledge });
    const changed = JSON.stringify(updated.parts) === JSON.stringify(entry.parts) ? 0 : 1;
    updating.add(quality(before.order), quality(after.order), changed);
  }
  const ndcg = `NDCG@${listLength} of the held-out item`;
  return [
    reranking.quality('rerank', ndcg),
    updating.quality('update-preference', `${ndcg}, which the update has seen`),
  ];
}

class Means {
  private readonly sums = [0, 0, 0];
  private count = 0;

  add(...values: [trivial: number, answer: number, changed: number]): void {
    values.forEach((value, n) => {
      this.sums[n] += value;
    });
    this.count++;
  }

  quality(task: string, measure: string): TaskQuality {
    const [trivial, answer, changedShare] = this.sums.map((sum) => sum / Math.max(1, this.count));
    return { task, measure, trivial, answer, changedShare };
  }
}

/** A base list without a trained recommender: items by cosine-weighted co-purchases with the user's items (item-based neighbours). */
function coPurchaseList(neighbourhood: Neighbourhood, user: number, length: number): number[] {
  const scores = new Map<number, number>();
  const own = new Set(neighbourhood.itemsOf(user));
  for (const item of own) {
    const buyers = neighbourhood.buyersOf(item);
    for (const buyer of buyers) {
      for (const other of neighbourhood.itemsOf(buyer)) {
        if (own.has(other)) continue;
        const weight = 1 / Math.sqrt(buyers.length * neighbourhood.buyersOf(other).length);
        scores.set(other, (scores.get(other) ?? 0) + weight);
      }
    }
  }
  return [...scores]
    .sort(([a, x], [b, y]) => y - x || a - b)
    .slice(0, length)
    .map(([item]) => item);
}
