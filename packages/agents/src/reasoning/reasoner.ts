import type { KnowledgeParts } from '@agentmmrec/core';
import type { Interactions, ItemContent } from '@agentmmrec/datasets';
import type { Grounding } from './debris.js';

/** An item as an agent sees it: dense id for the record, content for the reasoning. */
export interface ItemView {
  readonly item: number;
  readonly content: ItemContent;
}

/** What every answer carries besides its result. */
export interface AnswerRecord {
  readonly templates: readonly { readonly id: string; readonly hash: string }[];
  readonly inputTokens: number;
  readonly outputTokens: number;
  readonly repairs: readonly string[];
  /** names and numbers of the answer and how many stand in what was shown; absent where nothing was shown in words */
  readonly grounding?: Grounding;
}

/** An answer and the record of how it came about. */
export interface Answer<T> {
  readonly value: T;
  readonly record: AnswerRecord;
}

/** What identifies one call: a seed drawn from the run's seed, the task and the entity (never from the order of calls). */
export interface Call {
  readonly seed: number;
  /** stops the call; the reasoner then throws AmrError interrupted */
  readonly signal?: AbortSignal;
}

/** Refinement (eq. 12): the item, its candidates by modality, its properties and the preferences of sampled buyers. */
export interface RefinementInput {
  readonly target: ItemView;
  readonly properties: KnowledgeParts;
  readonly candidates: readonly (ItemView & {
    readonly properties: KnowledgeParts;
    readonly fusedSimilarity: number;
    /** the lists that hold it: `text`, `image` and other modalities, `purchases` */
    readonly near: readonly string[];
  })[];
  readonly buyerPreferences: readonly KnowledgeParts[];
  readonly k: number;
}

/** Reranking (eq. 13): candidates in base order. */
export interface RerankInput {
  readonly user: number;
  readonly preferences: KnowledgeParts;
  readonly candidates: readonly (ItemView & { readonly properties: KnowledgeParts })[];
}

/** Update (eq. 14): the missed evidence and the two scores. */
export interface UpdateInput {
  readonly user: number;
  readonly preferences: KnowledgeParts;
  readonly truth: readonly (ItemView & { readonly properties: KnowledgeParts })[];
  readonly ndcgBase: number;
  readonly ndcgReranked: number;
  readonly attempt: number;
}

/**
 * The nine tasks (prompts/README.md) behind one interface, implemented by an LLM and by the extractive reasoner. Raw answers may
 * be wrong in every way; the agents above validate and repair them by stated rules (docs/method.md#honesty), so a reasoner never has to.
 * A task whose modality is missing is not called.
 */
export interface Reasoner {
  /** `extractive`, or the LLM's name */
  readonly name: string;
  /** digest of what determines its answers */
  readonly digest: string;
  /** false for a text-only model: visual and cross-modal tasks are then skipped */
  readonly seesImages: boolean;
  /** true where words need not be read, only matched: clusters of feature vectors can then stand for pictures */
  readonly matchesLookWords?: boolean;
  /** how many calls may be in flight */
  readonly concurrency: number;
  /** how many neighbours a question shows where nothing else is asked for; absent: PROMPT_NEIGHBOURS */
  readonly promptNeighbours?: number;
  /** true when a call costs time or money: each answer is then journalled by itself, before the next is asked for */
  readonly paid: boolean;
  /** Requests and tokens used since it was opened, and their price where prices are known; absent where nothing costs anything. */
  spent?(): CallSpending;
  /** Ends what it holds open; absent where it holds nothing */
  close?(): Promise<void>;
  /** What became of its answers so far; absent where every answer is its own */
  answers?(): readonly TaskAnswers[];
  /** Lets a reasoner measure the catalog once (term weights, image statistics); content and training interactions only. */
  prepare(content: readonly ItemContent[], train: Interactions): Promise<void>;
  /** What the user prefers, from the items shown (eq. 1-3). */
  preference(task: ModalityTask, user: number, items: readonly ItemView[], call: Call): Promise<Answer<string>>;
  /** What the item is like, from itself and co-purchased items (eq. 6-8). */
  property(task: ModalityTask, target: ItemView, coPurchased: readonly ItemView[], call: Call): Promise<Answer<string>>;
  /** Item ids, best first; may be wrong in number or outside the candidates: the Utilizer repairs. */
  refine(input: RefinementInput, call: Call): Promise<Answer<readonly number[]>>;
  /** Item ids in new order; repaired to a permutation by the Utilizer. */
  rerank(input: RerankInput, call: Call): Promise<Answer<readonly number[]>>;
  /** The preference rewritten from the missed evidence (eq. 14). */
  updatePreference(input: UpdateInput, call: Call): Promise<Answer<KnowledgeParts>>;
  /** Answers LLMRec's three questions; absent where nobody asks them */
  readonly augmenter?: Augmenter;
}

/** What is asked of an item for LLMRec. */
export const attributeNames = ['maker', 'kind', 'purpose'] as const;

/** An attribute that is unknown is empty. */
export type ItemAttributes = Readonly<Record<(typeof attributeNames)[number], string>>;

/** Edges: items of the user, and candidates that are none of them, best first by the base order. */
export interface EdgesInput {
  readonly user: number;
  readonly items: readonly ItemView[];
  readonly candidates: readonly ItemView[];
}

/** The three tasks of LLMRec (Wei et al. 2024, section 4.1): part of a reasoner, with a digest of its own. */
export interface Augmenter {
  /** digest of what determines its answers */
  readonly digest: string;
  /** What kind of customer the user is, from the items shown. */
  profile(user: number, items: readonly ItemView[], call: Call): Promise<Answer<string>>;
  /** What the item is, by attribute, from its own content. */
  attributes(item: ItemView, call: Call): Promise<Answer<ItemAttributes>>;
  /** Two candidates as item ids, the one that suits most and the one that suits least; may be wrong in every way. */
  edges(input: EdgesInput, call: Call): Promise<Answer<readonly number[]>>;
}

/** Y of the paper: how many neighbours a prompt may see. */
export const PROMPT_NEIGHBOURS = 5;
/** The same for the extractive reasoner, which counts and has no prompt. */
export const EXTRACTIVE_NEIGHBOURS = 50;

/** How many neighbours the questions to a reasoner show, unless a number is given. */
export function neighboursShown(reasoner: Reasoner, given?: number | null): number {
  return given ?? reasoner.promptNeighbours ?? PROMPT_NEIGHBOURS;
}

/** What became of a language model's answers to a task since it was opened. Shares are null where nothing can be counted. */
export interface TaskAnswers {
  readonly task: string;
  readonly accepted: number;
  /** of them, those that had to be mended in reading */
  readonly repaired: number;
  /** answers that could not be used, by reason, the most frequent first */
  readonly refused: Readonly<Record<string, number>>;
  /** share of names and numbers that stand in what was shown, 0 to 1 */
  readonly groundedShare: number | null;
  /** share of accepted answers that differ from all before, 0 to 1 */
  readonly distinctShare: number | null;
  readonly meanCharacters: number | null;
}

/** What calls have used; what came from a cache costs nothing. */
export interface CallSpending {
  readonly requests: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** in the currency of the prices; null without prices */
  readonly money: number | null;
}

/** `12 requests, 0.0310 M tokens, 0.02 money`; few tokens as they are. */
export function spentLine({ requests, inputTokens, outputTokens, money }: CallSpending): string {
  const tokens = inputTokens + outputTokens;
  const amount = tokens < 1000 ? `${tokens}` : `${(tokens / 1e6).toPrecision(3)} M`;
  return `${requests} requests, ${amount} tokens${money === null ? '' : `, ${money.toFixed(2)} money`}`;
}

/** What a question looks at. */
export type ModalityTask = 'text' | 'visual' | 'multimodal';
