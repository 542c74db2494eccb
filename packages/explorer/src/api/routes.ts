import { type Static, type TObject, type TProperties, type TSchema, Type } from 'typebox';
import { type Operation, paths } from './paths.js';
import * as s from './schemas.js';

/** A question: where it is asked, what goes in and what comes out. All are GET: nothing here changes anything. */
export interface Route {
  readonly path: string;
  readonly summary: string;
  readonly params: TObject;
  readonly query: TObject;
  readonly reply: TSchema;
}

const closed = <P extends TProperties>(properties: P) => Type.Object(properties, { additionalProperties: false });
const id = (description: string) => Type.String({ minLength: 1, maxLength: 256, description });
const whole = (from: number, to: number, usual: number, description: string) =>
  Type.Integer({ minimum: from, maximum: to, default: usual, description });
const nothing = closed({});

const ofMemory = {
  memory: Type.Optional(id('a memory of listKnowledge; default: the newest of this data set')),
};
const ofRun = { run: Type.Optional(id('a finished run that left a model; default: the newest on this data set')) };
const ofPage = {
  q: Type.Optional(Type.String({ maxLength: 200, description: 'words that id or title must hold' })),
  limit: whole(1, 200, 50, 'how many'),
  offset: whole(0, 10_000_000, 0, 'how many are skipped'),
};
const ofVersion = { ...ofMemory, version: Type.Optional(Type.Integer({ minimum: 1, maximum: 1_000_000 })) };
const ofDifference = {
  ...ofMemory,
  from: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'the older version' }),
  to: Type.Integer({ minimum: 1, maximum: 1_000_000, description: 'the newer version' }),
};
const neighbours = whole(1, 100, 10, 'how many');
const user = closed({ user: id("a user, by the data set's own id") });
const item = closed({ item: id("an item, by the data set's own id") });

function route<const N extends Operation, P extends TProperties, Q extends TProperties, R extends TSchema>(
  name: N,
  summary: string,
  params: TObject<P>,
  query: TObject<Q>,
  reply: R,
) {
  return { path: paths[name], summary, params, query, reply };
}

/** Every question by its name: the server, the OpenAPI document and the client are made of this record. */
export const routes = {
  status: route('status', 'What is served, and what is lacking', nothing, nothing, s.status),
  listData: route(
    'listData',
    'The prepared data sets',
    nothing,
    nothing,
    Type.Object({ datasets: Type.Array(s.dataset) }),
  ),
  listRuns: route(
    'listRuns',
    'The runs, the newest first',
    nothing,
    nothing,
    Type.Object({ runs: Type.Array(s.runSummary) }),
  ),
  getRun: route(
    'getRun',
    'A run with its settings and its curve',
    closed({ run: id('its name') }),
    nothing,
    s.runDetails,
  ),
  compareRuns: route(
    'compareRuns',
    'Runs side by side, the first as what the others are compared with',
    nothing,
    closed({ runs: Type.String({ minLength: 1, maxLength: 4000, description: 'names, separated by commas' }) }),
    s.comparison,
  ),
  listJobs: route(
    'listJobs',
    'What goes on: trainings, builds of knowledge, what the server makes ready',
    nothing,
    nothing,
    Type.Object({ jobs: Type.Array(s.job) }),
  ),
  listKnowledge: route(
    'listKnowledge',
    'The knowledge memories with how far each is',
    nothing,
    nothing,
    Type.Object({ memories: Type.Array(s.memory) }),
  ),
  knowledgeFailures: route(
    'knowledgeFailures',
    'Entries that were given up, and the command that asks again',
    closed({ memory: id('its name') }),
    nothing,
    s.failures,
  ),
  listReports: route(
    'listReports',
    'The pages of reports',
    nothing,
    nothing,
    Type.Object({ reports: Type.Array(s.report) }),
  ),
  searchEntities: route(
    'searchEntities',
    'Users and items by id or title',
    nothing,
    closed({ q: Type.String({ minLength: 1, maxLength: 200 }), limit: whole(1, 50, 8, 'how many of each') }),
    Type.Object({ users: Type.Array(s.userCard), items: Type.Array(s.itemCard) }),
  ),
  listUsers: route(
    'listUsers',
    "Users, in the data set's order",
    nothing,
    closed(ofPage),
    Type.Object({ total: Type.Integer(), users: Type.Array(s.userCard) }),
  ),
  getUser: route(
    'getUser',
    'A user with the training history',
    user,
    nothing,
    Type.Object({ id: Type.String(), total: Type.Integer(), history: Type.Array(s.itemCard) }),
  ),
  userKnowledge: route(
    'userKnowledge',
    'The preferences of a user: a version with its sources, and which versions there are',
    user,
    closed(ofVersion),
    s.entityKnowledge,
  ),
  userDifference: route(
    'userDifference',
    'What changed between two versions of the preferences, word by word',
    user,
    closed(ofDifference),
    s.difference,
  ),
  userNeighbours: route(
    'userNeighbours',
    'Neighbours of a user in a graph',
    user,
    closed({ ...ofMemory, graph: Type.Enum(['bmu', 'bought']), k: neighbours }),
    s.neighbourList,
  ),
  listItems: route(
    'listItems',
    "Items, in the data set's order",
    nothing,
    closed(ofPage),
    Type.Object({ total: Type.Integer(), items: Type.Array(s.itemCard) }),
  ),
  getItem: route(
    'getItem',
    'An item with its description and some of its buyers',
    item,
    nothing,
    Type.Object({ item: s.itemCard, description: Type.String(), buyers: Type.Array(s.userCard) }),
  ),
  itemKnowledge: route(
    'itemKnowledge',
    'The properties of an item: a version with its sources, and which versions there are',
    item,
    closed(ofVersion),
    s.entityKnowledge,
  ),
  itemDifference: route(
    'itemDifference',
    'What changed between two versions of the properties, word by word',
    item,
    closed(ofDifference),
    s.difference,
  ),
  itemNeighbours: route(
    'itemNeighbours',
    'Neighbours of an item in a graph; in rti also what the refinement changed',
    item,
    closed({ ...ofMemory, graph: Type.Enum(['bmi', 'rti', 'raw', 'bought']), k: neighbours }),
    s.neighbourList,
  ),
  similarItems: route(
    'similarItems',
    'Items like an item, by the best graph that is there: refined, of knowledge, raw, bought together',
    item,
    closed({ ...ofMemory, k: neighbours }),
    Type.Object({
      graph: Type.String(),
      items: Type.Array(Type.Object({ item: s.itemCard, similarity: Type.Union([Type.Number(), Type.Null()]) })),
    }),
  ),
  recommend: route(
    'recommend',
    'The best items for a user; items of training are left out',
    nothing,
    closed({
      user: id("a user, by the data set's own id"),
      k: whole(1, 1000, 20, 'how many'),
      ...ofRun,
      rerank: Type.Enum(['auto', 'off'], {
        default: 'auto',
        description: 'auto: reranked by knowledge where the run was',
      }),
      why: Type.Boolean({ default: false, description: 'with the reasons for each item' }),
    }),
    s.recommendations,
  ),
  explain: route(
    'explain',
    'Where an item stands in the list of a user, and what speaks for it',
    nothing,
    closed({ user: id('a user'), item: id('an item'), ...ofRun }),
    s.explanation,
  ),
  graph: route(
    'graph',
    'The ego network of a user or an item: neighbours in some graphs, and what is between them',
    nothing,
    closed({
      kind: Type.Enum(['user', 'item']),
      id: id('a user or an item'),
      graphs: Type.Optional(
        Type.String({
          maxLength: 100,
          description: 'bmu, bmi, rti, raw, bought, separated by commas; default: all that there are',
        }),
      ),
      k: whole(1, 30, 8, 'neighbours of each graph'),
      ...ofMemory,
    }),
    s.egoNetwork,
  ),
} as const satisfies Record<Operation, Route>;

/** Nothing in it is to be changed. */
export type Reading<T> = T extends readonly (infer One)[]
  ? readonly Reading<One>[]
  : T extends object
    ? { readonly [K in keyof T]: Reading<T[K]> }
    : T;

type Routes = typeof routes;
/** What stands in the path of a question. */
export type ParamsOf<N extends Operation> = Reading<Static<Routes[N]['params']>>;
/** What a handler finds in the query: defaults are filled in. */
export type QueryOf<N extends Operation> = Reading<Static<Routes[N]['query']>>;
/** What a question is answered with. */
export type ReplyOf<N extends Operation> = Reading<Static<Routes[N]['reply']>>;
