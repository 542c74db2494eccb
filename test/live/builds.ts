import { join } from 'node:path';
import { type BuildReport, buildKnowledge, LlmReasoner } from '@agentmmrec/agents';
import { connectLlm, type LlmServer, promptCatalog, ResponseCache } from '@agentmmrec/llm';
import { openMemory } from '@agentmmrec/memory';
import { holds, type LiveCheck, type LiveContext, type Target } from './check.js';
import { shop } from './shop.js';
import { tight } from './tightServer.js';

/** Of the shop that is built: one question each. */
const ITEMS = 2;
export const ENTRIES = 2 * ITEMS;

/** What a build left. */
export interface Built {
  readonly report: BuildReport;
  readonly entries: number;
  readonly failed: number;
  readonly requests: number;
  readonly warnings: readonly string[];
}

/**
 * Builds the knowledge of the shop, texts alone.
 * @param name of its memory and its answers in the folder: a build of the same name goes on
 * @param onAnswer told of each answer, with their number
 */
export async function build(
  server: LlmServer,
  name: string,
  { folder, signal, leftMs }: LiveContext,
  onAnswer: (answers: number) => void = () => {},
  // Made for small models, and half as long as others.
  promptFamily = 'brief',
): Promise<Built> {
  const warnings: string[] = [];
  const log = {
    info() {},
    warn: (line: string) => void warnings.push(line),
    progress: () => ({ update() {}, end() {} }),
  };
  let answers = 0;
  const heard = tight(server, () => onAnswer(++answers));
  const cache = new ResponseCache(join(folder, `${name}-answers.sqlite`));
  const client = await connectLlm({ servers: [heard], cache, log, signal });
  const memory = openMemory({ path: join(folder, `${name}.sqlite`), fingerprint: 'live', mode: 'write' });
  try {
    const reasoner = new LlmReasoner({ client, prompts: promptCatalog(), promptFamily, timeoutMs: leftMs });
    const report = await buildKnowledge({ training: shop(ITEMS), reasoner, memory, knowledgeSeed: 1, log, signal });
    const { preferences, properties } = memory.stats();
    const failed = report.preferences.failures.length + report.properties.failures.length;
    return { report, entries: preferences + properties, failed, requests: client.totals().requests, warnings };
  } finally {
    memory.close();
    client.close();
  }
}

/** Every entry is written or listed with its reason, and nothing failed for another reason than the model's words. */
export function holdsWhole({ report, entries, failed }: Built): void {
  holds(entries + failed === ENTRIES, `${entries} entries and ${failed} failures of ${ENTRIES}`);
  const reasons = [report.preferences, report.properties].flatMap(({ failures }) => failures.map((one) => one.reason));
  const other = reasons.find((reason) => !/expected an answer of schema/.test(reason));
  holds(other === undefined, `an entry failed for ${other}`);
}

/** A whole build; the same once more sends nothing for what was answered. */
export function buildCheck(target: Target): LiveCheck {
  return {
    name: `a build fills or lists every entry, and a second one sends nothing, ${target.name}`,
    async run(context) {
      const first = await build(target.open(), 'whole', context);
      holdsWhole(first);
      holds(first.entries > 0, 'no entry was written');
      const second = await build(target.open(), 'whole', context);
      holds(second.requests === 0, `the second build sent ${second.requests} requests`);
      holds(second.entries === first.entries, `the second build left ${second.entries} entries`);
    },
  };
}

/** Two builds share a server. */
export function twoBuildsCheck(target: Target): LiveCheck {
  return {
    name: `two builds at once, ${target.name}`,
    async run(context) {
      const both = await Promise.all(['one', 'other'].map((name) => build(target.open(), name, context)));
      for (const one of both) holdsWhole(one);
      holds(both[0].entries === both[1].entries, `${both.map(({ entries }) => entries).join(' and ')} entries`);
    },
  };
}
