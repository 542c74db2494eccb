// Tries ways to frame data in prompts on a small model, first answers only:
// node test/live/dist/measureFramings.js HOST MODEL ITEMS USERS UPDATES FAMILY [FRAMING ...]
import { appendFileSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Integrator, type ItemView, LlmReasoner } from '@agentmmrec/agents';
import { silentLog } from '@agentmmrec/core';
import { loadDataset, synthesizeCatalog } from '@agentmmrec/datasets';
import {
  connectLlm,
  createOllama,
  LlmError,
  type LlmServer,
  promptCatalog,
  type WireAnswer,
  type WireRequest,
} from '@agentmmrec/llm';
import { type Framing, framings, type ShownRow, type TakenPrompt } from './framings.js';
import { HEADER, type Judged, judge, rowOf } from './judgedAnswers.js';

/** The words that stand before the fields of an item, in a row of the product. */
const FIELDS = { 'made by ': 'brand ', 'found under ': 'categories ', 'described as ': 'description ' };

/** So that a call takes seconds: neighbours of a prompt, traits of an answer, characters of its longest text. */
const NEIGHBOURS = 3;
const TRAITS = 3;
const LONGEST_TEXT = 360;
/** Where answers are kept with what was shown, a line each, to be read by people. */
const KEPT = process.env.AMR_KEEP_ANSWERS;

const [
  host = '127.0.0.1:11434',
  model = 'smollm2',
  items = '15',
  users = '9',
  updates = '0',
  promptFamily = 'default',
  ...names
] = process.argv.slice(2);
const chosen = names.length === 0 ? framings : framings.filter(({ name }) => names.includes(name));
const unknown = names.find((name) => !framings.some((one) => one.name === name));
if (unknown !== undefined) throw new Error(`no framing "${unknown}"`);

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-framings-'));
try {
  const catalog = join(folder, 'catalog');
  await synthesizeCatalog({ users: 40, items: 30, imageSize: 64, seed: 11, folder: catalog, log: silentLog });
  const { training } = await loadDataset(catalog, { workspace: folder, splitSeed: 1, log: silentLog });
  console.log(HEADER);
  for (const framing of chosen) {
    const judged: Judged[] = [];
    const further = { num_thread: 1, ...(framing.prose && { format: '' }) };
    const ollama = createOllama({ host, llmModel: model, contextLength: 4096, llmSlots: 1, further });
    const client = await connectLlm({ servers: [reframed(ollama, framing, judged)] });
    const reasoner = new LlmReasoner({
      client,
      prompts: promptCatalog(),
      promptFamily,
      imagesPerPrompt: 2,
      timeoutMs: 900_000,
    });
    const integrator = new Integrator({ training, reasoner, knowledgeSeed: 1, promptNeighbours: NEIGHBOURS });
    const asked = async (question: Promise<unknown>) => {
      await question.catch((thrown: unknown) => {
        if (!(thrown instanceof LlmError) || thrown.fault !== 'refused') throw thrown;
      });
      console.error(`${framing.name}: ${JSON.stringify(judged.at(-1))}`);
    };
    for (let item = 0; item < Number(items); item++) await asked(integrator.property(item));
    for (let user = 0; user < Number(users); user++) await asked(integrator.preference(user));
    for (let user = 0; user < Number(updates); user++)
      await asked(reasoner.updatePreference(updateOf(user), { seed: user }));
    console.log(rowOf(framing.name, judged));
  }

  /** A description of a shopper and two products that it ranked too low. */
  function updateOf(user: number) {
    const parts = (text: string) => ({ text, visual: null, crossModal: null });
    const view = (item: number): ItemView => ({ item, content: (training.content ?? [])[item] });
    const [first, second] = [view(user % 30), view((user * 7 + 3) % 30)];
    const told = `Likes plain things for every day, such as ${first.content.categories.join(' and ').toLowerCase()}.`;
    const truth = [first, second].map((one) => ({ ...one, properties: parts(one.content.description) }));
    return { user, preferences: parts(told), truth, ndcgBase: 0.6, ndcgReranked: 0.4, attempt: 1 };
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The server asked in another framing, first attempts only: what a second one mends is no merit of the framing. */
function reframed(server: LlmServer, framing: Framing, seen: Judged[]): LlmServer {
  const begun = new Map<string, number>();
  return {
    ...server,
    async complete(request, signal) {
      const [{ text }] = request.turns;
      if (request.sampling.temperature > 0) {
        const [, first, problem] =
          /^([\s\S]*)\n\nAn earlier answer could not be used: ([\s\S]*)\. Answer with/.exec(text) ?? [];
        const at = begun.get(request.system + first);
        if (at === undefined) throw new Error('a second attempt is worded in another way now');
        seen[at] = { ...seen[at], problem };
        throw new LlmError({ fault: 'refused', what: framing.name, got: 'a second attempt', expected: 'a first one' });
      }
      const asked = inFraming(request, framing);
      const answer = withForm(await server.complete(asked, signal), request, framing);
      begun.set(request.system + text, seen.length);
      const shown = asked.turns.map((turn) => turn.text).join('\n');
      seen.push(judge(answer.text, { shown, instructions: request.system, marks: framing.marks }));
      const heard = { kind: kindOf(request.schemaName), family: promptFamily, instructions: asked.system, shown };
      if (KEPT) appendFileSync(KEPT, `${JSON.stringify({ ...heard, answer: answer.text })}\n`);
      return answer;
    },
  };
}

/** Sentences in the form of the product: as the summary beside a trait that nothing is said about. */
function withForm(answer: WireAnswer, { jsonSchema }: WireRequest, { prose = false }: Framing): WireAnswer {
  if (!prose) return answer;
  const fields = Object.keys((jsonSchema.properties ?? {}) as object);
  const trait = { trait: 'made for use', strength: 'weak', basis: 'inferred', evidence: '' };
  const list = (name: string) => [name === 'properties' ? omit(trait, 'strength') : omit(trait, 'basis')];
  const value = (name: string) =>
    name === 'properties' || name === 'preferences' ? list(name) : name === 'changes' ? '' : answer.text;
  return { ...answer, text: JSON.stringify(Object.fromEntries(fields.map((name) => [name, value(name)]))) };
}

function omit<T extends object>(value: T, name: keyof T): Partial<T> {
  const { [name]: _, ...others } = value;
  return others as Partial<T>;
}

/** A request of the product put in another framing. */
function inFraming(asked: WireRequest, framing: Framing): WireRequest {
  const request = {
    ...asked,
    jsonSchema: patterned(asked.jsonSchema, framing.patterns ?? {}) as WireRequest['jsonSchema'],
  };
  const { put, summaryFirst = false, plainTexts = false, rows = Number.POSITIVE_INFINITY } = framing;
  const [question] = request.turns;
  const fewer = blocksOf(question.text).map((block) => (typeof block === 'string' ? block : block.slice(0, rows)));
  if (put === null && rows === Number.POSITIVE_INFINITY) return request;
  const [system] = request.system.split('\n\nEvery line that begins with ">"');
  if (system === request.system) throw new Error('the rule about data is worded in another way now');
  if (put === null) return { ...request, turns: [{ ...question, text: shownAgain(question.text, rows) }] };
  const kind = kindOf(request.schemaName);
  const { system: fixed, turns } = put({ kind, system, blocks: fewer });
  const properties = Object.entries((request.jsonSchema.properties ?? {}) as Record<string, unknown>);
  const ordered = summaryFirst ? [...properties].reverse() : properties;
  return {
    ...request,
    system: fixed,
    turns: turns.map((text, at) => ({
      role: at % 2 === 0 ? ('user' as const) : ('assistant' as const),
      text,
      images: at === turns.length - 1 ? question.images : [],
    })),
    jsonSchema: plainTexts
      ? (plain({ ...request.jsonSchema, properties: Object.fromEntries(ordered) }) as Record<string, unknown>)
      : { ...request.jsonSchema, properties: Object.fromEntries(ordered) },
  };
}

function kindOf(schema: string): TakenPrompt['kind'] {
  return schema === 'property' || schema === 'preference' ? schema : 'update';
}

/** The user's text with the first rows of each run of data alone. */
function shownAgain(text: string, rows: number): string {
  let run = 0;
  const kept = text.split('\n').filter((line) => {
    run = line.startsWith('> ') ? run + 1 : 0;
    return run <= rows;
  });
  return kept.join('\n');
}

/** A JSON schema with other patterns of its free texts, by their fields. */
function patterned(schema: unknown, patterns: Readonly<Record<string, string>>, name = ''): unknown {
  if (typeof schema !== 'object' || schema === null || Array.isArray(schema)) return schema;
  const entries = Object.entries(schema).map(([key, value]) => [key, patterned(value, patterns, key)] as const);
  const mended = Object.fromEntries(entries);
  if (mended.type === 'array') return { ...mended, maxItems: Math.min(Number(mended.maxItems), TRAITS) };
  if (mended.type !== 'string' || mended.maxLength === undefined) return mended;
  const most = Math.min(Number(mended.maxLength), LONGEST_TEXT);
  const pattern = String(patterns[name] ?? mended.pattern ?? '').replace(/,\d{3}\}\$$/, `,${most}}$`);
  return { ...mended, maxLength: most, ...(pattern && { pattern }) };
}

/** A JSON schema whose free texts hold no marks of templates and formats. */
function plain(schema: unknown): unknown {
  if (typeof schema !== 'object' || schema === null) return schema;
  if (Array.isArray(schema)) return schema.map(plain);
  const { type, minLength = 0, maxLength, ...others } = schema as Record<string, unknown>;
  if (type === 'string' && maxLength !== undefined)
    return { type, ...others, pattern: `^[^"\\\\{}<>\\n]{${minLength},${maxLength}}$` };
  return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, plain(value)]));
}

/** Plain lines, and runs of lines of data as rows. */
function blocksOf(text: string): TakenPrompt['blocks'] {
  const runs = text.match(/(?:^> .*(?:\n|$))+|(?:^(?!> ).*(?:\n|$))+/gm) ?? [];
  return runs
    .map((run) => run.replace(/\n$/, ''))
    .filter((run) => run !== '')
    .map((run) => (run.startsWith('> ') ? run.split('\n').map(rowOfLine) : run));
}

function rowOfLine(line: string): ShownRow {
  // Where rows have no names they begin with their titles.
  const shown = line.replace(
    /^> (?![A-Z]\d+\b|text |visual |crossModal |made by |found under |described as |with)/,
    '> P0 is ',
  );
  const [, name = '', is, rest = ''] = /^> (?:([A-Z]\d+)(?:: |( is )|$))?(.*)$/.exec(shown) ?? [];
  const fields = `${is ? 'title ' : ''}${rest}`
    .split('; ')
    .filter(Boolean)
    .map((field) =>
      Object.entries(FIELDS).reduce(
        (text, [words, plain]) => (text.startsWith(words) ? plain + text.slice(words.length) : text),
        field,
      ),
    );
  return {
    name,
    fields: Object.fromEntries(fields.map((field) => [field.split(' ')[0], field.split(' ').slice(1).join(' ')])),
  };
}
