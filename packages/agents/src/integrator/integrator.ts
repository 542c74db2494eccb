import { type KnowledgeParts, RandomStreams } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { NewEntry, Provenance } from '@agentmmrec/memory';
import type { PromptSampling } from '../knowledgeOptions.js';
import { addGrounding } from '../reasoning/debris.js';
import { isEmpty, noParts, partOfTask } from '../reasoning/modality.js';
import { type Interaction, Neighbourhood } from '../reasoning/neighbourhood.js';
import {
  type Answer,
  type AnswerRecord,
  type Call,
  type ModalityTask,
  neighboursShown,
  type Reasoner,
  type UpdateInput,
} from '../reasoning/reasoner.js';
import { addRepairs, type RepairCounts, repairPart, repairSentences } from '../reasoning/repairs.js';
import { type EntryCall, EntryCalls, type EntryPlan } from './entryCalls.js';

/** What both agents need. */
export interface AgentOptions extends PromptSampling {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  /** for tests */
  readonly nowMs?: () => number;
}

/** Where answers of unfinished entries are kept, so that none is paid for twice. */
export interface AnswerKeeper {
  /** The kept answer of that key, or undefined. */
  find(key: string): unknown;
  /** Keeps an answer; kept when it resolves. */
  save(key: string, value: unknown): Promise<void>;
}

/** What an update is asked by; the Integrator adds what the truth items are. */
export type UpdateRequest = Omit<UpdateInput, 'truth'> & {
  readonly truth: readonly { readonly item: number; readonly properties: KnowledgeParts }[];
};

/** An entry as written, and what had to be mended. */
export interface WrittenEntry {
  readonly entry: NewEntry;
  readonly repairs: RepairCounts;
}

/** How the calls of one entry are made. */
interface EntryCallOptions {
  /** under which finished answers are kept, with the task */
  readonly key: string;
  readonly ask: (one: EntryCall, call: Call) => Promise<Answer<string>>;
  readonly seedOf: (task: ModalityTask) => number;
  readonly keeper?: AnswerKeeper;
  readonly signal?: AbortSignal;
}

interface PartAnswers {
  readonly parts: KnowledgeParts;
  readonly tasks: readonly string[];
  readonly records: readonly AnswerRecord[];
  readonly repairs: RepairCounts;
  readonly elapsedMs: number;
}

/**
 * The Integrator agent (docs/method.md#knowledge): writes user preferences (eq. 1-3), item properties (eq. 6-8) and preference
 * updates (eq. 14). What a prompt sees is sampled from streams keyed by the entity, so no order of calls changes an entry.
 */
export class Integrator {
  private readonly streams: RandomStreams;
  private readonly calls: EntryCalls;
  private readonly nowMs: () => number;

  constructor(
    private readonly options: AgentOptions,
    readonly neighbourhood = new Neighbourhood(options.training.train),
  ) {
    this.streams = new RandomStreams(options.knowledgeSeed);
    const promptNeighbours = neighboursShown(options.reasoner, options.promptNeighbours);
    this.calls = new EntryCalls({ ...options, promptNeighbours }, neighbourhood);
    this.nowMs = options.nowMs ?? Date.now;
  }

  /**
   * P_u from up to Y items of N(u); null when there is nothing to reason on (a cold user, items without content).
   * @param without an item of the user to leave out: the fold item of a feedback ranking
   */
  async preference(
    user: number,
    { without, ...asking }: { without?: number; signal?: AbortSignal; keeper?: AnswerKeeper } = {},
  ): Promise<WrittenEntry | null> {
    const plan = this.calls.preference(user, without);
    const written = await this.writeParts(plan, {
      key: without === undefined ? `preference|${user}` : `preference|${user}|without ${without}`,
      ask: ({ task, neighbours }, call) => this.options.reasoner.preference(task, user, neighbours, call),
      seedOf: (task) => this.callSeed(`preference-${task}`, user, without ?? -1),
      ...asking,
    });
    if (isEmpty(written.parts)) return null;
    const tasks = written.tasks.map((task) => `preference-${task}`);
    return this.written('preference', user, { ...written, tasks }, plan);
  }

  /** P_i from the item itself and up to Y items of N2(i): an item without buyers from its own content alone. */
  async property(
    item: number,
    asking: { signal?: AbortSignal; keeper?: AnswerKeeper } = {},
  ): Promise<WrittenEntry | null> {
    const plan = this.calls.property(item);
    const target = this.calls.view(item);
    const written = await this.writeParts(plan, {
      key: `property|${item}`,
      ask: ({ task, neighbours }, call) => this.options.reasoner.property(task, target, neighbours, call),
      seedOf: (task) => this.callSeed(`property-${task}`, item),
      ...asking,
    });
    if (isEmpty(written.parts)) return null;
    const tasks = written.tasks.map((task) => `property-${task}`);
    return this.written('property', item, { ...written, tasks }, { ...plan, sampled: [item, ...plan.sampled] });
  }

  /**
   * P_u rewritten from the truth items' properties and the two scores (eq. 14). A part that the entry does not have stays
   * absent; a part that the answer leaves out stays as it was. Both are counted as repairs.
   */
  async update(
    current: Pick<NewEntry, 'parts' | 'provenance'>,
    request: UpdateRequest,
    signal?: AbortSignal,
  ): Promise<WrittenEntry> {
    const { reasoner } = this.options;
    const truthViews = request.truth.map((one) => ({ ...one, ...this.calls.view(one.item) }));
    const input: UpdateInput = { ...request, truth: truthViews };
    const started = this.nowMs();
    const seed = this.callSeed('update-preference', input.user, input.truth[0]?.item ?? -1, input.attempt);
    const answer = await reasoner.updatePreference(input, { seed, signal });
    const { parts, repairs } = repairUpdate(current.parts, answer.value);
    const truth = input.truth.map(({ item }): Interaction => [input.user, item]);
    const known = new Set(current.provenance.interactions.map((pair) => pair.join()));
    const written: PartAnswers = {
      parts,
      tasks: ['update-preference'],
      records: [answer.record],
      repairs,
      elapsedMs: this.nowMs() - started,
    };
    const sources = {
      interactions: [...current.provenance.interactions, ...truth.filter((pair) => !known.has(pair.join()))],
      sampled: [...new Set([...current.provenance.sampledItems, ...input.truth.map(({ item }) => item)])],
    };
    return this.written('preference', input.user, written, sources, input.attempt);
  }

  /** The items that P_u is built from. */
  sampledItems(user: number, without?: number): number[] {
    return this.calls.sampledItems(user, without);
  }

  private callSeed(task: string, ...ids: number[]): number {
    return this.streams.stream(`call/${task}`, ...ids).u32();
  }

  private async writeParts({ calls }: EntryPlan, asking: EntryCallOptions): Promise<PartAnswers> {
    const { key, keeper, signal } = asking;
    const parts: Record<keyof KnowledgeParts, string | null> = { ...noParts };
    const [tasks, records]: [string[], AnswerRecord[]] = [[], []];
    let repairs: RepairCounts = {};
    const started = this.nowMs();
    for (const one of calls) {
      const { task } = one;
      const kept = keeper?.find(`${key}|${task}`) as Answer<string> | undefined;
      const answer = kept ?? (await asking.ask(one, { seed: asking.seedOf(task), signal }));
      if (kept === undefined) await keeper?.save(`${key}|${task}`, answer);
      const repaired = repairPart(answer.value);
      parts[partOfTask[task]] = repaired.part;
      repairs = addRepairs(repairs, repaired.repairs);
      tasks.push(task);
      records.push(answer.record);
    }
    return { parts, tasks, records, repairs, elapsedMs: this.nowMs() - started };
  }

  private written(
    kind: NewEntry['kind'],
    entity: number,
    { parts, tasks, records, repairs, elapsedMs }: PartAnswers,
    { interactions, sampled }: Pick<EntryPlan, 'interactions' | 'sampled'>,
    attempt = 1,
  ): WrittenEntry {
    const { reasoner, knowledgeSeed } = this.options;
    const grounding = records.map((record) => record.grounding ?? null).reduce(addGrounding, null);
    const provenance: Provenance = {
      agent: 'integrator',
      tasks,
      reasoner: reasoner.name,
      modelDigest: reasoner.digest,
      templates: records.flatMap((record) => [...record.templates]),
      interactions,
      sampledItems: sampled,
      split: 'train',
      seed: knowledgeSeed,
      attempt,
      elapsedMs,
      inputTokens: records.reduce((sum, record) => sum + record.inputTokens, 0),
      outputTokens: records.reduce((sum, record) => sum + record.outputTokens, 0),
      ...(grounding && grounding.claims > 0 && { groundedShare: grounding.grounded / grounding.claims }),
      repairs: [...records.flatMap((record) => [...record.repairs]), ...repairSentences(repairs)],
    };
    return { entry: { kind, entity, parts, provenance }, repairs };
  }
}

function repairUpdate(
  current: KnowledgeParts,
  answer: KnowledgeParts,
): { parts: KnowledgeParts; repairs: RepairCounts } {
  let repairs: RepairCounts = {};
  const part = (name: keyof KnowledgeParts): string | null => {
    const [before, after] = [current[name], answer[name]];
    if (before === null) {
      if (after !== null) repairs = addRepairs(repairs, { inventedPart: 1 });
      return null;
    }
    if (after === null || after.trim() === '') {
      repairs = addRepairs(repairs, { keptPart: 1 });
      return before;
    }
    const repaired = repairPart(after);
    repairs = addRepairs(repairs, repaired.repairs);
    return repaired.part;
  };
  const parts = { text: part('text'), visual: part('visual'), crossModal: part('crossModal') };
  return { parts, repairs };
}
