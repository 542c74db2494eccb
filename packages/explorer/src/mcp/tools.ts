import { type TObject, type TProperties, Type } from 'typebox';
import { Value } from 'typebox/value';
import type { Problem } from '../client/client.js';
import { whySentences } from '../recommend/whyText.js';
import type { Handlers } from '../server/handlers.js';

/** A tool: what it is for, what goes in, and what it answers. */
export interface Tool {
  readonly name: string;
  readonly description: string;
  readonly input: TObject;
  /** the answer for programs, and the same in words */
  call(handlers: Handlers, input: unknown): Promise<{ readonly value: object; readonly text: string }>;
}

const closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });
const id = (description: string) => Type.String({ minLength: 1, maxLength: 256, description });
const user = id("a user, by the data set's own id; `find` finds it");
const item = id("an item, by the data set's own id; `find` finds it by title");
const run = Type.Optional(id('a finished run that left a model; default: the newest'));
const k = (usual: number, most: number) =>
  Type.Integer({ minimum: 1, maximum: most, default: usual, description: 'how many' });

function tool<P extends TProperties>(
  name: string,
  description: string,
  properties: P,
  call: (handlers: Handlers, input: import('typebox').Static<TObject<P>>) => Promise<{ value: object; text: string }>,
): Tool {
  const input = closed(properties) as unknown as TObject;
  return { name, description, input, call: async (handlers, given) => await call(handlers, given as never) };
}

/** What agents may ask: the read-only questions of the server that a shop or a researcher asks most. */
export const tools: readonly Tool[] = [
  tool(
    'recommend',
    'The best items for a user, reranked by knowledge where the run was, with why each is in the list. Items of training are left out.',
    { user, k: k(10, 100), run },
    async (handlers, given) => {
      const value = await handlers.recommend({ ...given, rerank: 'auto', why: true });
      const lines = value.items.map(({ rank, item: { id: itemId, title }, reasons }) => {
        const why = reasons ? whySentences(reasons).slice(0, 2).join('; ') : '';
        return `${rank}. ${title || itemId} (${itemId})${why ? `: ${why}` : ''}`;
      });
      const order = value.reranked ? 'reranked by knowledge' : 'in the order of the model';
      return { value, text: [`For ${value.user}, by ${value.run}, ${order}:`, ...lines].join('\n') };
    },
  ),
  tool(
    'explain',
    'Where an item stands in the list of a user, and what speaks for it: parts of the score, shared words, items bought by the same people.',
    { user, item, run },
    async (handlers, given) => {
      const value = await handlers.explain(given);
      const place = value.rank === null ? 'not among the first thousand' : `place ${value.rank}`;
      const before =
        value.rankBefore !== null && value.rankBefore !== value.rank ? `, ${value.rankBefore} before reranking` : '';
      return {
        value,
        text: [`${value.item.title || value.item.id} for ${value.user}: ${place}${before}`, ...value.sentences].join(
          '\n',
        ),
      };
    },
  ),
  tool(
    'similar_items',
    'Items like an item, by the best graph that is there: the refined one, that of knowledge, that of features, or bought together.',
    { item, k: k(10, 100) },
    async (handlers, given) => {
      const value = await handlers.similarItems(given);
      const lines = value.items.map(
        ({ item: { id: itemId, title }, similarity }) =>
          `${title || itemId} (${itemId})${similarity === null ? '' : `, ${similarity.toFixed(2)}`}`,
      );
      return { value, text: [`By graph ${value.graph}:`, ...lines].join('\n') };
    },
  ),
  tool(
    'knowledge',
    'What is known of a user (preferences) or an item (properties): from texts, from pictures and from both, with the evidence it rests on.',
    {
      kind: Type.Enum(['user', 'item']),
      id: id('a user or an item'),
      version: Type.Optional(Type.Integer({ minimum: 1, description: 'an older version' })),
    },
    async (handlers, { kind, id: entity, version }) => {
      const query = version === undefined ? {} : { version };
      const value =
        kind === 'user'
          ? await handlers.userKnowledge({ user: entity, ...query })
          : await handlers.itemKnowledge({ item: entity, ...query });
      const { parts, evidence } = value;
      const said = [
        `${kind} ${entity}, version ${value.version} of ${value.versions.length}, by ${evidence.reasoner}, from ${evidence.interactions} training interactions`,
        `from texts: ${parts.text ?? 'no such content'}`,
        `from pictures: ${parts.visual ?? 'no such content'}`,
        `from both: ${parts.crossModal ?? 'no such content'}`,
        ...evidence.weaknesses.map((weakness) => `weak: ${weakness}`),
      ];
      return { value, text: said.join('\n') };
    },
  ),
  tool(
    'find',
    'Users and items by id or by words of a title.',
    { words: Type.String({ minLength: 1, maxLength: 200 }), k: k(8, 50) },
    async (handlers, { words, k: limit }) => {
      const value = await handlers.searchEntities({ q: words, limit });
      const lines = [
        ...value.users.map((one) => `user ${one.id}: ${one.items} training items`),
        ...value.items.map((one) => `item ${one.id}: ${one.title || 'without a title'}`),
      ];
      return { value, text: lines.join('\n') || 'nothing by that id or title' };
    },
  ),
];

/** The input with its defaults, or what is wrong with it. */
export function readInput(
  { name, input }: Tool,
  given: unknown,
): { readonly value: unknown } | { readonly problem: Problem } {
  const value = Value.Default(input, structuredClone(given ?? {}));
  const [fault] = Value.Errors(input, value);
  if (!fault) return { value };
  const { instancePath, message } = fault;
  return {
    problem: {
      error: `input of ${name}${instancePath}`,
      got: 'a value that does not fit',
      expected: message,
      hint: `the schema of the tool says what it takes: ${Object.keys(input.properties).join(', ')}`,
    },
  };
}
