// zod: one description gives the check, the type and the JSON schema that the server is held to.

import { digest, libraryWhenUsed, whenUsed } from '@agentmmrec/core';
import { type AnswerSchema, augmentationTaskNames, type PromptTemplate } from '@agentmmrec/llm';
import type * as Zod from 'zod';
import { debrisOf } from '../reasoning/debris.js';
import type { Answer, Augmenter, Call, ItemAttributes } from '../reasoning/reasoner.js';
import { candidateNames, written } from './answerSchemas.js';
import { candidateBytes, itemRow, neighbourBytes, numbered, targetBytes } from './promptRows.js';
import type { Question } from './question.js';

const zod = libraryWhenUsed<typeof Zod>('zod', import.meta.url);

/** Raised when prompts for the same question are put together in another way. */
const VERSION = 2;

const phrases = (least: number, most: number, longest: number) =>
  zod().array(zod().string().min(1).max(longest)).min(least).max(most);
const profileAnswer = (text: number, phrase: number, entries: number, plain = false) => {
  const z = zod();
  return z.strictObject({
    customer: written(10, text, plain),
    likes: phrases(1, entries, phrase),
    avoids: phrases(0, entries, phrase),
    makers: phrases(0, entries, phrase),
  });
};
type Profile = Zod.infer<ReturnType<typeof profileAnswer>>;
const profileSchema = whenUsed(
  (): AnswerSchema<Profile> => ({
    name: 'profile',
    strict: profileAnswer(1500, 200, 8),
    asked: profileAnswer(400, 60, 5, true),
  }),
);

const attributesAnswer = (longest: number) => {
  const z = zod();
  return z.strictObject({
    maker: z.string().max(longest),
    kind: z.string().max(longest),
    purpose: z.string().max(longest),
  });
};
const attributesSchema = whenUsed(
  (): AnswerSchema<ItemAttributes> => ({
    name: 'attributes',
    strict: attributesAnswer(400),
    asked: attributesAnswer(120),
  }),
);

interface Pair {
  readonly liked: string;
  readonly disliked: string;
}

/** Two different names of `count` candidates. After every attempt any two texts are passed on: such edges are dropped, and counted. */
function pairSchema(count: number): AnswerSchema<Pair> {
  const z = zod();
  const name = z.enum(candidateNames(count));
  return {
    name: 'pair',
    strict: z
      .strictObject({ liked: name, disliked: name })
      .refine(({ liked, disliked }) => liked !== disliked, 'names one candidate twice'),
    lenient: z.object({ liked: z.string(), disliked: z.string() }),
  };
}

/** How a reasoner by language model puts a question; what it makes of the answer is read by the caller. */
export interface QuestionAsker {
  /** digest of model and settings, without templates */
  readonly digest: string;
  template(task: (typeof augmentationTaskNames)[number]): PromptTemplate;
  /** A text: counted, and held against what was shown. */
  text<T>(question: Question<T>, read: (object: T) => string, call: Call): Promise<Answer<T>>;
  /** Names of candidates as item ids, -1 for a name of none. */
  names<T>(
    question: Question<T>,
    read: (object: T) => readonly number[],
    call: Call,
  ): Promise<Answer<readonly number[]>>;
  itemsOf(names: readonly string[], candidates: readonly { readonly item: number }[]): number[];
}

/** LLMRec's three tasks by a language model (docs/method.md#augmentation); names and checks as in the nine others. */
export function llmAugmenter(asking: QuestionAsker): Augmenter {
  const templates = () => augmentationTaskNames.map((task) => [task, asking.template(task).hash]);
  return {
    get digest() {
      return digest({ version: VERSION, reasoner: asking.digest, templates: templates() });
    },
    async profile(_user, items, call) {
      const named = numbered(items);
      const question: Question<Profile> = {
        task: 'user-profile',
        views: [],
        values: (share, most) => ({
          user: 'U1',
          items: named.slice(0, most).map(({ name, content }) => itemRow(name, content, neighbourBytes, share)),
        }),
        schema: profileSchema(),
        debris: ({ customer }, asked) => debrisOf(customer, asked),
      };
      const { value, record } = await asking.text(question, told, call);
      return { value: told(value), record };
    },
    attributes(item, call) {
      const question: Question<ItemAttributes> = {
        task: 'item-attributes',
        views: [],
        values: (share) => ({ item: [itemRow('T1', item.content, targetBytes, share)] }),
        schema: attributesSchema(),
        debris: (attributes) =>
          Object.values(attributes).join('').trim() === '' ? 'no attribute says anything' : null,
      };
      return asking.text(question, (attributes) => Object.values(attributes).join('. '), call);
    },
    edges({ items, candidates }, call) {
      const named = numbered(items);
      const names = candidateNames(candidates.length);
      const question: Question<Pair> = {
        task: 'augment-edges',
        views: [],
        values: (share, most) => ({
          user: 'U1',
          items: named.slice(0, most).map(({ name, content }) => itemRow(name, content, candidateBytes, share)),
          candidates: candidates.map(({ content }, at) => itemRow(names[at], content, candidateBytes, share)),
        }),
        schema: pairSchema(candidates.length),
      };
      return asking.names(question, ({ liked, disliked }) => asking.itemsOf([liked, disliked], candidates), call);
    },
  };
}

/** A profile as it is stored and encoded. */
function told({ customer, likes, avoids, makers }: Profile): string {
  const list = (name: string, entries: readonly string[]) =>
    entries.length === 0 ? '' : ` ${name}: ${entries.map((entry) => entry.trim()).join('; ')}.`;
  return customer.trim() + list('Likes', likes) + list('Avoids', avoids) + list('Makers', makers);
}
