import { ANY_IMAGE, dataText } from '@agentmmrec/llm';
import { wordsOf } from '../reasoning/copies.js';
import { debrisOf } from '../reasoning/debris.js';
import type { ItemView, ModalityTask, RefinementInput, RerankInput, UpdateInput } from '../reasoning/reasoner.js';
import {
  candidateNames,
  debrisOfPart,
  LONGEST_ANSWER_TOKENS,
  orderSchema,
  type PartText,
  type PreferenceAnswer,
  type PropertyAnswer,
  preferencePart,
  preferenceSchema,
  propertyPart,
  propertySchema,
  selectionSchema,
  updateSchema,
} from './answerSchemas.js';
import {
  candidateBytes,
  contextBytes,
  itemRow,
  nameRow,
  neighbourBytes,
  numbered,
  partsRow,
  shared,
  targetBytes,
} from './promptRows.js';
import type { Question } from './question.js';

/** Of a candidate's title in a list of many. */
const TITLE_BYTES = 80;
/** A candidate's name in a list, with quotes and comma. */
const NAME_TOKENS = 8;

/** A question whose answer is a part of an entry. */
export interface PartQuestion<T> extends Question<T> {
  /** What of an answer is stored. */
  read(object: T): PartText;
}

function partQuestion<T>(
  question: Pick<Question<T>, 'task' | 'views' | 'values' | 'schema' | 'requiredImage'>,
  read: (object: T) => PartText,
): PartQuestion<T> {
  return {
    ...question,
    read,
    outputTokens: LONGEST_ANSWER_TOKENS,
    debris: (object, asked) => debrisOfPart(read(object), asked),
  };
}

/** What a user likes, from the items that the user chose. */
export function preferenceQuestion(task: ModalityTask, items: readonly ItemView[]): PartQuestion<PreferenceAnswer> {
  const named = numbered(items);
  const question = {
    task: `preference-${task}`,
    views: task === 'text' ? [] : named,
    ...(task !== 'text' && { requiredImage: ANY_IMAGE }),
    values: (share: number, most?: number) => ({
      user: 'U1',
      items: named
        .slice(0, most)
        .map(({ name, content }) =>
          task === 'visual' ? nameRow(name) : itemRow(name, content, neighbourBytes, share),
        ),
    }),
    schema: preferenceSchema(),
  } as const;
  return partQuestion(question, preferencePart);
}

/** What an item is, from itself and from items that the same people bought. */
export function propertyQuestion(
  task: ModalityTask,
  target: ItemView,
  coPurchased: readonly ItemView[],
): PartQuestion<PropertyAnswer> {
  const others = numbered(coPurchased);
  const itself = { ...target, name: 'T1' };
  const visual = task === 'visual';
  const question = {
    task: `property-${task}`,
    views: task === 'text' ? [] : [itself, ...others],
    // What its neighbours look like says nothing about its own looks.
    ...(task !== 'text' && { requiredImage: itself.name }),
    values: (share: number, most?: number) => ({
      item: [visual ? nameRow('T1') : itemRow('T1', target.content, targetBytes, share)],
      others: others
        .slice(0, most)
        .map(({ name, content }) => (visual ? nameRow(name) : itemRow(name, content, contextBytes, share))),
    }),
    schema: propertySchema(),
  } as const;
  return partQuestion(question, propertyPart);
}

/** Which k of the candidates are like an item. @param seesImages whether its picture goes along */
export function refineQuestion(
  { target, candidates, buyerPreferences, properties, k }: RefinementInput,
  seesImages: boolean,
): Question<{ chosen: string[] }> {
  const names = candidateNames(candidates.length);
  return {
    task: 'refine-graph',
    views: seesImages && target.content.imagePath !== null ? [{ ...target, name: 'T1' }] : [],
    values: (share) => ({
      item: [itemRow('T1', target.content, targetBytes, share)],
      properties: [partsRow('T1', properties, shared(700, share))],
      candidates: candidates.map(({ content, properties: known, fusedSimilarity, near }, at) => ({
        ...partsRow(names[at], known, shared(120, share)),
        ...itemRow(names[at], content, candidateBytes, share),
        near: near.join(', '),
        similarity: Number(fusedSimilarity.toFixed(3)),
      })),
      preferences: buyerPreferences.map((parts) => partsRow(null, parts, shared(400, share))),
      count: k,
    }),
    schema: selectionSchema(candidates.length, k),
    outputTokens: k * NAME_TOKENS + 32,
  };
}

/** In which order a user would want the candidates. */
export function rerankQuestion({ candidates, preferences }: RerankInput): Question<{ order: string[] }> {
  const names = candidateNames(candidates.length);
  return {
    task: 'rerank',
    views: [],
    values: (share) => ({
      user: 'U1',
      preferences: [partsRow('U1', preferences, shared(900, share))],
      candidates: candidates.map(({ content, properties }, at) =>
        partsRow(names[at], properties, shared(500, share), {
          title: dataText(content.title, shared(TITLE_BYTES, share)),
        }),
      ),
      count: candidates.length,
    }),
    schema: orderSchema(candidates.length),
    outputTokens: candidates.length * NAME_TOKENS + 32,
  };
}

/** What a user likes, told anew after the entry did harm. */
export function updateQuestion({
  preferences,
  truth,
  ndcgBase,
  ndcgReranked,
}: UpdateInput): Question<Record<string, string>> {
  return {
    task: 'update-preference',
    views: [],
    values: (share) => ({
      user: 'U1',
      preferences: [partsRow('U1', preferences, shared(1500, share))],
      truth: truth.map(({ content, properties }, at) => ({
        ...partsRow(`P${at + 1}`, properties, shared(900, share)),
        ...itemRow(`P${at + 1}`, content, contextBytes, share),
      })),
      scores: [
        {
          withoutDescription: Number(ndcgBase.toFixed(4)),
          withDescription: Number(ndcgReranked.toFixed(4)),
          gainNeeded: Number(Math.max(0, ndcgBase - ndcgReranked).toFixed(4)),
        },
      ],
    }),
    schema: updateSchema(preferences),
    debris: ({ changes: _, ...parts }, asked) => {
      // It keeps what was right in the words that were shown; those of the products are another matter.
      const kept = Object.values(preferences).join('\n');
      if (Object.entries(parts).every(([name, part]) => sameWords(part, Reflect.get(preferences, name))))
        return 'it repeats the description that was to be changed';
      const problems = Object.entries(parts).map(([name, part]) => [name, debrisOf(part, { ...asked, kept })] as const);
      const wrong = problems.find(([, problem]) => problem !== null);
      return wrong ? `at ${wrong[0]}: ${wrong[1]}` : null;
    },
  };
}

function sameWords(one: string, other: unknown): boolean {
  return typeof other === 'string' && wordsOf(one).join(' ') === wordsOf(other).join(' ');
}

/** Local names as item ids; a name that stands for nothing is -1. */
export function itemsOf(names: readonly string[], candidates: readonly { readonly item: number }[]): number[] {
  return names.map((name) => {
    const at = /^C([1-9][0-9]*)$/.exec(name.trim());
    return at ? (candidates[Number(at[1]) - 1]?.item ?? -1) : -1;
  });
}
