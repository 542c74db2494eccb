import { AmrError, type Augmentation, digest, type Log, RandomStreams, silentLog } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { TextEncoder } from '@agentmmrec/encoders';
import type { KnowledgeMemory } from '@agentmmrec/memory';
import { JournalBuffer } from '../calls/journalBuffer.js';
import { counting, runCalls } from '../calls/runCalls.js';
import type { PromptSampling } from '../knowledgeOptions.js';
import { requireContent } from '../reasoning/content.js';
import {
  type Answer,
  type Augmenter,
  attributeNames,
  type Call,
  type ItemAttributes,
  type Reasoner,
} from '../reasoning/reasoner.js';
import { type RepairCounts, repairPart } from '../reasoning/repairs.js';
import { rememberAugmenter } from '../remembered/recipe.js';
import { type AugmentQuestion, augmentQuestions } from './augmentQuestions.js';

/** What an augmentation needs. */
export interface AugmentOptions extends PromptSampling {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** answers are journalled in it where it is open for writing, and found there the next time */
  readonly memory: KnowledgeMemory;
  readonly encoder: TextEncoder;
  readonly log?: Log;
  readonly signal?: AbortSignal;
  readonly maxInFlight?: number;
}

/** One kind of answers: how many were asked for now, found in the journal, and failed for good. */
export interface AugmentStage {
  readonly asked: number;
  readonly reused: number;
  readonly failures: readonly { readonly entity: number; readonly reason: string }[];
}

/** What was added, and how it came about. */
export interface AugmentedGraph {
  readonly augmentation: Augmentation;
  readonly profiles: AugmentStage;
  readonly attributes: AugmentStage;
  readonly edges: AugmentStage;
  readonly repairs: RepairCounts;
}

/**
 * LLMRec's augmentation (docs/method.md#augmentation): a profile of every user with texts to look at, attributes of every item with text, and
 * for every user with two candidates the one that suits most and the one that suits least. Training interactions and content
 * only. Resumable: an answer in the journal is not asked for again; one that failed is asked for the next time.
 * @throws AmrError input: no content, or a reasoner that does not augment; interrupted: `signal`
 */
export async function augmentGraph(options: AugmentOptions): Promise<AugmentedGraph> {
  const { training, reasoner, memory, encoder } = options;
  const augmenter = requireAugmenter(reasoner);
  await reasoner.prepare(requireContent(training), training.train);
  if (memory.writable) rememberAugmenter(memory, augmenter.digest);
  const plans = augmentQuestions({ ...options, augmenter });
  const stage = <T>(kind: StageKind, ask: (entity: number, call: Call) => AugmentQuestion<T> | null) =>
    answersOf(options, augmenter, kind, ask);
  const profiles = await stage('profiles', plans.profile);
  const attributes = await stage('attributes', plans.attributes);
  const edges = await stage('edges', plans.edges);
  const texts = Array.from({ length: training.users }, (_, user) => repairPart(profiles.values.get(user) ?? '').part);
  const { dropped, ...added } = edgesOf(training.users, edges.values, (user) =>
    plans.candidates(user).map(({ item }) => item),
  );
  return {
    augmentation: {
      profiles: profiles.values.size === 0 ? null : await encoder.encode(texts.map((text) => text ?? '')),
      attributes:
        attributes.values.size === 0 ? [] : await encodedAttributes(training.items, attributes.values, encoder),
      edges: edges.values.size === 0 ? null : added,
    },
    profiles: profiles.report,
    attributes: attributes.report,
    edges: edges.report,
    repairs: dropped === 0 ? {} : { droppedEdge: dropped },
  };
}

type StageKind = 'profiles' | 'attributes' | 'edges';

const stages = {
  profiles: { label: 'user profiles', counted: 'users', task: 'user-profile' },
  attributes: { label: 'item attributes', counted: 'items', task: 'item-attributes' },
  edges: { label: 'added edges', counted: 'users', task: 'augment-edges' },
} as const;

async function answersOf<T>(
  options: AugmentOptions,
  augmenter: Augmenter,
  kind: StageKind,
  ask: (entity: number, call: Call) => AugmentQuestion<T> | null,
): Promise<{ values: Map<number, T>; report: AugmentStage }> {
  const { training, reasoner, memory, knowledgeSeed: seed, signal, maxInFlight, log = silentLog } = options;
  const { label, counted, task } = stages[kind];
  const total = kind === 'attributes' ? training.items : training.users;
  const streams = new RandomStreams(seed);
  const journal = new JournalBuffer(memory, reasoner.paid);
  const values = new Map<number, T>();
  const failures: { entity: number; reason: string }[] = [];
  let [asked, reused] = [0, 0];
  try {
    await runCalls<number>({
      label,
      activity: 'augmenting the graph',
      counted,
      total,
      hint: 'run the same command again: answers so far are kept',
      reasoner,
      maxInFlight,
      log,
      signal,
      next: counting(total),
      async work(entity) {
        const question = ask(entity, { seed: streams.stream(`call/${task}`, entity).u32(), signal });
        if (question === null) return;
        const key = `augment|${kind}|${entity}|${inputDigest(augmenter, seed, question.input)}`;
        const found = memory.journal.find(key);
        const answer = found ? (found.value as Answer<T>) : await question.answer();
        if (found) reused++;
        else {
          asked++;
          const { inputTokens, outputTokens } = answer.record;
          await journal.add({ key, value: answer, interactions: question.sources, inputTokens, outputTokens });
        }
        values.set(entity, answer.value);
      },
      failed: (entity, reason) => void failures.push({ entity, reason }),
    });
  } finally {
    journal.flush();
  }
  failures.sort((a, b) => a.entity - b.entity);
  if (failures.length > 0) {
    log.warn(`${failures.length} of ${total} ${label} could not be had, the first: ${failures[0].reason}`);
  }
  return { values, report: { asked, reused, failures } };
}

/** Where images lie is left out: a data set that moves is the same. */
function inputDigest(augmenter: Augmenter, seed: number, input: unknown): string {
  const text = JSON.stringify(input, (name, value) => (name === 'imagePath' ? undefined : value));
  return digest({ augmenter: augmenter.digest, seed, input: text }).slice(0, 24);
}

async function encodedAttributes(
  items: number,
  values: ReadonlyMap<number, ItemAttributes>,
  encoder: TextEncoder,
): Promise<Augmentation['attributes']> {
  const encoded = [];
  for (const name of attributeNames) {
    const texts = Array.from({ length: items }, (_, item) => values.get(item)?.[name] ?? '');
    encoded.push({ name, embeddings: await encoder.encode(texts) });
  }
  return encoded;
}

/** Pairs of two different candidates; others are dropped, and counted. */
function edgesOf(
  users: number,
  values: ReadonlyMap<number, readonly number[]>,
  candidatesOf: (user: number) => readonly number[],
): NonNullable<Augmentation['edges']> & { readonly dropped: number } {
  const liked = new Int32Array(users).fill(-1);
  const disliked = new Int32Array(users).fill(-1);
  let dropped = 0;
  for (const [user, [first = -1, last = -1]] of values) {
    const candidates = candidatesOf(user);
    if (first !== last && candidates.includes(first) && candidates.includes(last)) {
      [liked[user], disliked[user]] = [first, last];
    } else dropped++;
  }
  return { liked, disliked, dropped };
}

function requireAugmenter({ name, augmenter }: Reasoner): Augmenter {
  if (augmenter) return augmenter;
  throw new AmrError({
    what: 'augmenting the graph',
    got: `reasoner ${name}, which answers no such questions`,
    expected: 'one that does',
    hint: 'name --reasoner extractive or a language model',
  });
}
