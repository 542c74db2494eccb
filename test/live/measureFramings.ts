// Tries ways to frame data in prompts on a small model, first answers only:
// node test/live/dist/measureFramings.js HOST MODEL ITEMS USERS FAMILY [FRAMING ...]
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Integrator, LlmReasoner } from '@agentmmrec/agents';
import { silentLog } from '@agentmmrec/core';
import { loadDataset, synthesizeCatalog } from '@agentmmrec/datasets';
import { connectLlm, createOllama, LlmError, type LlmServer, promptCatalog, type WireRequest } from '@agentmmrec/llm';
import { type Framing, framings, type ShownRow, type TakenPrompt } from './framings.js';
import { type Judged, judge, rowOf } from './judgedAnswers.js';

/** The words that stand before the fields of an item, in a row of the product. */
const FIELDS = { 'made by ': 'brand ', 'found under ': 'categories ', 'described as ': 'description ' };

const [host = '127.0.0.1:11434', model = 'smollm2', items = '15', users = '9', promptFamily = 'default', ...names] =
  process.argv.slice(2);
const chosen = names.length === 0 ? framings : framings.filter(({ name }) => names.includes(name));

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-framings-'));
try {
  const catalog = join(folder, 'catalog');
  const size = { users: 40, items: 30, imageSize: 0, seed: 11 };
  await synthesizeCatalog({ ...size, folder: catalog, log: silentLog } as Parameters<typeof synthesizeCatalog>[0]);
  const { training } = await loadDataset(catalog, { workspace: folder, splitSeed: 1, log: silentLog });
  console.log('| framing | answers | accepted | copied | grounded | of use | words |');
  console.log('|---|---|---|---|---|---|---|');
  for (const framing of chosen) {
    const judged: Judged[] = [];
    const server = reframed(
      createOllama({ host, llmModel: model, contextLength: 4096, llmSlots: 1, further: { num_thread: 1 } }),
      framing,
      judged,
    );
    const client = await connectLlm({ servers: [server] });
    const reasoner = new LlmReasoner({ client, prompts: promptCatalog(), promptFamily, timeoutMs: 900_000 });
    const integrator = new Integrator({ training, reasoner, knowledgeSeed: 1 });
    const asked = async (question: Promise<unknown>) => {
      const problem = await question.then(
        () => null,
        (thrown: unknown) => {
          if (thrown instanceof LlmError) return thrown.got;
          throw thrown;
        },
      );
      const last = judged.pop();
      if (!last) throw new Error(`no answer was seen: ${problem}`);
      judged.push({ ...last, accepted: problem === null });
      console.error(`${framing.name}: ${problem ?? 'accepted'}; ${JSON.stringify(judged.at(-1))}`);
    };
    for (let item = 0; item < Number(items); item++) await asked(integrator.property(item));
    for (let user = 0; user < Number(users); user++) await asked(integrator.preference(user));
    console.log(rowOf(framing.name, judged));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** The server asked in another framing, first attempts only: what a second one mends is no merit of the framing. */
function reframed(server: LlmServer, framing: Framing, seen: Judged[]): LlmServer {
  return {
    ...server,
    async complete(request, signal) {
      if (request.sampling.temperature > 0) {
        throw new LlmError({ fault: 'refused', what: framing.name, got: 'a second attempt', expected: 'a first one' });
      }
      const asked = inFraming(request, framing);
      const answer = await server.complete(asked, signal);
      seen.push(judge(answer.text, { shown: asked.turns[0].text, instructions: asked.system, marks: framing.marks }));
      return answer;
    },
  };
}

/** A request of the product put in another framing. */
function inFraming(request: WireRequest, { put, summaryFirst = false, plainTexts = false }: Framing): WireRequest {
  if (put === null) return request;
  const [system] = request.system.split('\n\nEvery line that begins with ">"');
  if (system === request.system) throw new Error('the rule about data is worded in another way now');
  const kind = request.schemaName === 'property' ? 'property' : 'preference';
  const { system: fixed, user } = put({ kind, system, blocks: blocksOf(request.turns[0].text) });
  const properties = Object.entries((request.jsonSchema.properties ?? {}) as Record<string, unknown>);
  const ordered = summaryFirst ? [...properties].reverse() : properties;
  return {
    ...request,
    system: fixed,
    turns: [{ ...request.turns[0], text: user }],
    jsonSchema: plainTexts
      ? (plain({ ...request.jsonSchema, properties: Object.fromEntries(ordered) }) as Record<string, unknown>)
      : { ...request.jsonSchema, properties: Object.fromEntries(ordered) },
  };
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
  const [, name = '', is, rest = ''] = /^> (?:([A-Z]\d+)(?:: |( is )|$))?(.*)$/.exec(line) ?? [];
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
