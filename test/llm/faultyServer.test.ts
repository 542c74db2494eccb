import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type BuildReport, buildKnowledge, LlmReasoner } from '@agentmmrec/agents';
import { buildInteractions, type TrainingData } from '@agentmmrec/datasets';
import { FakeServer, type Fault, type ReceivedCall } from '@agentmmrec/fakellm';
import {
  type ClientTotals,
  connectLlm,
  createOllama,
  createOpenAi,
  promptCatalog,
  ResponseCache,
} from '@agentmmrec/llm';
import { type KnowledgeMemory, openMemory } from '@agentmmrec/memory';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { RunClock } from './manualClock.js';

/** All 2,000 calls over one protocol; fewer over the other, for what differs is in the adapters alone. */
const SIZES = { ollama: { users: 1200, items: 800 }, openai: { users: 180, items: 120 } } as const;
const SECRET = 'sk-a-key-that-must-not-be-anywhere';
const LASTING: Record<string, Fault> = { poison: 'crash', endless: 'contextTooLong', mumbled: 'invalidJson' };
/** Malformed ones hold for a request, transport ones for its first one or two sendings. */
const PASSING: readonly Fault[] = [
  'busy',
  'crash',
  'errorLine',
  'closedSocket',
  'cutStream',
  'garbledLine',
  'rateLimit',
];

function training({ users, items }: { users: number; items: number }): TrainingData {
  const [poison, endless, mumbled] = poisoned(items);
  const words = new Map([
    [poison, 'poison'],
    [endless, 'endless'],
    [mumbled, 'mumbled'],
  ]);
  const word = (item: number) => words.get(item) ?? 'plain';
  const content = Array.from({ length: items }, (_, item) => ({
    title: `thing ${item} ${word(item)}`,
    brand: '',
    categories: [],
    description: '',
    imagePath: null,
  }));
  // Each user has one item, so that an entry that must fail fails for known users: those of the items above.
  const userIds = Int32Array.from({ length: users }, (_, user) => user);
  const itemIds = Int32Array.from({ length: users }, (_, user) => user % items);
  const ids = (count: number) => Array.from({ length: count }, (_, id) => String(id));
  return {
    name: 'faulty',
    users,
    items,
    userIds: ids(users),
    itemIds: ids(items),
    train: buildInteractions(users, items, { userIds, itemIds }),
    content,
    features: [],
    fingerprint: 'faulty',
  };
}

/** Items whose prompts can never be answered. */
const poisoned = (items: number) => [7, 70, items - 10];

/** Bits of a request: what goes wrong depends on what is asked, never on when. */
function bits(call: ReceivedCall): Buffer {
  return createHash('sha256').update(call.raw).digest();
}

interface Run {
  readonly memory: Map<string, unknown>;
  readonly failures: Map<string, string>;
  readonly report: BuildReport;
  readonly totals: ClientTotals;
  readonly sendings: Map<string, { sent: number; good: number }>;
  readonly server: FakeServer;
}

class FaultyRun {
  private readonly sendings = new Map<string, { sent: number; good: number }>();
  private readonly server: FakeServer;
  private died = false;

  constructor(
    private readonly protocol: 'ollama' | 'openai',
    private readonly folder: string,
    private readonly slots: number,
    /** delays answers by up to so many milliseconds, to change the order in which they come */
    private readonly shuffleMs: number,
  ) {
    this.server = new FakeServer({
      model: protocol === 'ollama' ? 'qwen2.5vl:7b' : 'vlm',
      capabilities: ['completion'],
      answer: (call) => this.answer(call),
      fault: (call) => this.fault(call),
      hold: (call, index) => this.hold(call, index),
    });
  }

  async run(): Promise<Run> {
    const { server, folder } = this;
    await server.start();
    const cache = new ResponseCache(join(folder, 'responses.sqlite'));
    // In this process: what is tested is what is asked and kept, not how the disk of this machine syncs.
    const memory = openMemory({ path: ':memory:', fingerprint: 'faulty', mode: 'write' });
    const data = training(SIZES[this.protocol]);
    const clock = new RunClock();
    const watch = setInterval(() => {
      if (server.silent > 0 && clock.limited === server.silent) clock.endLimits();
    }, 5);
    // Time flies here, and no machine is too slow for the server to come back.
    const pool = { longestOutageMs: Number.POSITIVE_INFINITY, longestFirstOutageMs: Number.POSITIVE_INFINITY };
    const client = await connectLlm({ servers: [this.adapter()], cache, clock, pool, random: () => 0.5 });
    const reasoner = new LlmReasoner({ client, prompts: promptCatalog(), timeoutMs: 40_000 });
    try {
      const report = await buildKnowledge({ training: data, reasoner, memory, knowledgeSeed: 1 });
      return {
        memory: entries(memory),
        failures: new Map(
          (['preferences', 'properties'] as const).flatMap((stage) =>
            report[stage].failures.map(({ key, reason }) => [`${stage} ${key}`, reason] as const),
          ),
        ),
        report,
        totals: client.totals(),
        sendings: this.sendings,
        server,
      };
    } finally {
      clearInterval(watch);
      client.close();
      memory.close();
      await server.stop();
    }
  }

  private adapter() {
    const { server, slots } = this;
    if (this.protocol === 'ollama') return createOllama({ host: server.host, contextLength: 8192, llmSlots: slots });
    const environment = { KEY: SECRET };
    const baseUrl = `${server.host}/v1`;
    return createOpenAi({
      baseUrl,
      llmModel: 'vlm',
      environment,
      apiKeyName: 'KEY',
      llmSlots: slots,
      seesImages: false,
    });
  }

  private answer(call: ReceivedCall): string {
    const item = /thing (\d+)/.exec(call.turns[0])?.[1];
    const kind = call.schema.properties?.preferences ? 'strength' : 'basis';
    const entry = { trait: `trait of ${item}`, [kind]: kind === 'strength' ? 'strong' : 'stated', evidence: 'P1' };
    return JSON.stringify({
      [kind === 'strength' ? 'preferences' : 'properties']: [entry],
      summary: `A few plain words about ${item}.`,
    });
  }

  private fault(call: ReceivedCall): Fault | null {
    const hash = bits(call);
    const key = hash.toString('hex');
    const sending = this.sendings.get(key) ?? { sent: 0, good: 0 };
    this.sendings.set(key, sending);
    sending.sent++;
    for (const [word, fault] of Object.entries(LASTING)) if (call.turns[0].includes(word)) return fault;
    // 25 % of requests are refused once or twice by the transport, 8 % get a malformed answer, 2 % meet silence once.
    if (sending.sent === 1 && hash.readUInt16BE(4) < 1300) return 'silence';
    const refusals = hash[0] < 64 ? 1 + (hash[1] & 1) : 0;
    if (sending.sent <= refusals) return PASSING[hash[2] % PASSING.length];
    if (hash[3] < 10) return 'invalidJson';
    if (hash[3] < 20) return 'length';
    sending.good++;
    return null;
  }

  private async hold(call: ReceivedCall, index: number): Promise<void> {
    if (index === 150 && !this.died) {
      this.died = true;
      void this.server.stop().then(() => setTimeout(() => void this.server.start(), 30));
    }
    const delayMs = (bits(call)[5] * this.shuffleMs) / 256;
    if (delayMs > 0) await new Promise((resolve) => setTimeout(resolve, delayMs));
  }
}

function entries(memory: KnowledgeMemory): Map<string, unknown> {
  const all = new Map<string, unknown>();
  for (const kind of ['preference', 'property'] as const) {
    for (const { entity, version, parts, provenance } of memory.all(kind)) {
      const {
        elapsedMs: _elapsed,
        inputTokens: _input,
        outputTokens: _output,
        attempt: _attempt,
        ...rest
      } = provenance;
      all.set(`${kind} ${entity}`, { version, parts, provenance: rest });
    }
  }
  return all;
}

describe.each(['ollama', 'openai'] as const)('a build over %s with faults', (protocol) => {
  const { users, items } = SIZES[protocol];
  const folders: string[] = [];
  /** Entries that show an item: its property, and the preferences of its buyers. */
  const affected = (item: number) => [
    `properties ${item}`,
    ...Array.from({ length: Math.ceil((users - item) / items) }, (_, n) => `preferences ${item + n * items}`),
  ];
  let quiet: Run;
  let shuffled: Run;

  beforeAll(async () => {
    const start = (slots: number, shuffleMs: number) => {
      const folder = mkdtempSync(join(tmpdir(), 'amr-faulty-'));
      folders.push(folder);
      return new FaultyRun(protocol, folder, slots, shuffleMs).run();
    };
    quiet = await start(64, 0);
    shuffled = await start(23, 12);
  }, 300_000);
  afterAll(() => {
    for (const folder of folders) rmSync(folder, { recursive: true });
  });

  test('about a third of the requests failed, in every way, and the server died once', () => {
    const { faults, requests } = quiet.totals;
    const malformed = faults.malformed ?? 0;
    const failed = Object.values(faults).reduce((sum, count) => sum + count, 0) - malformed;
    expect(failed / requests).toBeGreaterThan(0.2);
    expect(failed / requests).toBeLessThan(0.5);
    for (const fault of ['busy', 'crashed', 'network', 'timeout', 'contextTooLong'] as const) {
      expect(faults[fault]).toBeGreaterThan(0);
    }
    expect(quiet.server.strays).toEqual([]);
  });

  test('every entry is filled, or listed as failed with its reason', () => {
    const { memory, failures, report } = quiet;
    expect(memory.size + failures.size).toBe(users + items);
    expect(report.preferences.written + report.properties.written).toBe(memory.size);
    expect(report.preferences.withoutEvidence + report.properties.withoutEvidence).toBe(0);
    expect(failures.size).toBeGreaterThanOrEqual(6);
    for (const reason of failures.values()) expect(reason).toMatch(/: got .+, expected .+\. HINT: /);
    const [poison, endless, mumbled] = poisoned(items).map(affected);
    for (const key of [...poison, ...endless, ...mumbled]) expect(failures.has(key)).toBe(true);
    for (const key of endless) expect(failures.get(key)).toMatch(/exceeds the context length/);
    for (const key of mumbled) expect(failures.get(key)).toMatch(/not one valid JSON value|cut off/);
  });

  test('each entry holds the answer to its own question, once', () => {
    for (const [key, value] of quiet.memory) {
      const [kind, entity] = key.split(' ');
      const item = kind === 'property' ? Number(entity) : Number(entity) % items;
      const text = `A few plain words about ${item}. ${kind === 'property' ? 'Stated' : 'Strong'}: trait of ${item}.`;
      expect(value).toMatchObject({ version: 1, parts: { text, visual: null, crossModal: null } });
    }
  });

  test('no question that was answered was asked again', () => {
    for (const run of [quiet, shuffled]) {
      const counts = [...run.sendings.values()].map(({ good }) => good);
      expect(Math.max(...counts)).toBeLessThanOrEqual(2);
      // Those whose answers were on the way when the server died.
      expect(counts.filter((good) => good === 2).length).toBeLessThanOrEqual(64);
    }
  });

  test('limits of calls in flight are kept', () => {
    expect(quiet.server.mostInFlight).toBeLessThanOrEqual(64);
    expect(shuffled.server.mostInFlight).toBeLessThanOrEqual(23);
    expect(shuffled.server.mostInFlight).toBeGreaterThan(8);
  });

  test('another order of completion gives the same memory and the same failures', () => {
    expect(new Set(shuffled.failures.keys())).toEqual(new Set(quiet.failures.keys()));
    expect(shuffled.memory).toEqual(quiet.memory);
  });

  test('the key is neither in the cache nor in the memory nor in a failure', () => {
    expect(JSON.stringify([...quiet.memory, ...quiet.failures])).not.toContain(SECRET);
    for (const folder of folders) {
      for (const file of readdirSync(folder)) {
        expect(readFileSync(join(folder, file)).includes(SECRET)).toBe(false);
      }
    }
  });
});
