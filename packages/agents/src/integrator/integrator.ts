import { type KnowledgeParts, RandomStreams } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import type { NewEntry, Provenance } from '@agentmmrec/memory';
import { contentOf } from '../reasoning/content.js';
import { isEmpty, noParts, partOfTask, shows, tasksOf } from '../reasoning/modality.js';
import { type Interaction, Neighbourhood } from '../reasoning/neighbourhood.js';
import {
  type Answer,
  type AnswerRecord,
  type Call,
  type ItemView,
  type ModalityTask,
  neighboursShown,
  type Reasoner,
  type UpdateInput,
} from '../reasoning/reasoner.js';
import { addRepairs, type RepairCounts, repairPart, repairSentences } from '../reasoning/repairs.js';

export interface AgentOptions {
  readonly training: TrainingData;
  readonly reasoner: Reasoner;
  readonly seed: number;
  /** Y of the paper: how many neighbours a prompt may see; the reasoner's own number */
  readonly neighbours?: number;
  /** for tests */
  readonly nowMs?: () => number;
}

/** Where answers of unfinished entries are kept, so that none is paid for twice. */
export interface AnswerKeeper {
  find(key: string): unknown;
  save(key: string, value: unknown): Promise<void>;
}

/** An entry as written, and what had to be mended. */
export interface Written {
  readonly entry: NewEntry;
  readonly repairs: RepairCounts;
}

interface PartAnswers {
  readonly parts: KnowledgeParts;
  readonly tasks: readonly string[];
  readonly records: readonly AnswerRecord[];
  readonly repairs: RepairCounts;
  readonly elapsedMs: number;
}

/**
 * The Integrator agent (method.md section 2): writes user preferences (eq. 1-3), item properties (eq. 6-8) and preference
 * updates (eq. 14). What a prompt sees is sampled from streams keyed by the entity, so no order of calls changes an entry.
 */
export class Integrator {
  private readonly streams: RandomStreams;
  private readonly neighbours: number;
  private readonly nowMs: () => number;

  constructor(
    private readonly options: AgentOptions,
    readonly neighbourhood = new Neighbourhood(options.training.train),
  ) {
    this.streams = new RandomStreams(options.seed);
    this.neighbours = neighboursShown(options.reasoner, options.neighbours);
    this.nowMs = options.nowMs ?? Date.now;
  }

  /**
   * P_u from up to Y items of N(u); null when there is nothing to reason on (a cold user, items without content).
   * @param without an item of the user to leave out: the fold item of a feedback ranking
   */
  async preference(
    user: number,
    { without, signal, keeper }: { without?: number; signal?: AbortSignal; keeper?: AnswerKeeper } = {},
  ): Promise<Written | null> {
    const items = this.sampledItems(user, without);
    const views = items.map((item) => this.view(item));
    const written = await this.writeParts(
      without === undefined ? `preference|${user}` : `preference|${user}|without ${without}`,
      (task) => {
        const shown = views.filter((view) => shows(view.content, task));
        if (shown.length === 0) return null;
        return (call) => this.options.reasoner.preference(task, user, shown, call);
      },
      (task) => this.callSeed(`preference-${task}`, user, without ?? -1),
      { signal, keeper },
    );
    if (isEmpty(written.parts)) return null;
    const interactions = items.map((item): Interaction => [user, item]);
    return this.written('preference', user, written, 'preference', interactions, items);
  }

  /** P_i from the item itself and up to Y items of N2(i): an item without buyers from its own content alone. */
  async property(
    item: number,
    { signal, keeper }: { signal?: AbortSignal; keeper?: AnswerKeeper } = {},
  ): Promise<Written | null> {
    const sampled = this.streams
      .stream('co-purchased', item)
      .sample(this.neighbourhood.coPurchased(item), this.neighbours);
    const target = this.view(item);
    const others = sampled.map((other) => this.view(other));
    const written = await this.writeParts(
      `property|${item}`,
      (task) => {
        if (!shows(target.content, task)) return null;
        const shown = others.filter((view) => shows(view.content, task));
        return (call) => this.options.reasoner.property(task, target, shown, call);
      },
      (task) => this.callSeed(`property-${task}`, item),
      { signal, keeper },
    );
    if (isEmpty(written.parts)) return null;
    const interactions = sampled.flatMap((other) => [...this.neighbourhood.witness(item, other)]);
    return this.written('property', item, written, 'property', interactions, [item, ...sampled]);
  }

  /**
   * P_u rewritten from the truth items' properties and the two scores (eq. 14). A part that the entry does not have stays
   * absent; a part that the answer leaves out stays as it was. Both are counted as repairs.
   */
  async update(
    current: Pick<NewEntry, 'parts' | 'provenance'>,
    input: UpdateInput,
    signal?: AbortSignal,
  ): Promise<Written> {
    const { reasoner } = this.options;
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
    return this.written(
      'preference',
      input.user,
      written,
      '',
      [...current.provenance.interactions, ...truth.filter((pair) => !known.has(pair.join()))],
      [...new Set([...current.provenance.sampledItems, ...input.truth.map(({ item }) => item)])],
      input.attempt,
    );
  }

  /** The items that P_u is built from. */
  sampledItems(user: number, without?: number): number[] {
    const items = this.neighbourhood.itemsOf(user).filter((item) => item !== without);
    return this.streams.stream('preference-items', user).sample(items, this.neighbours);
  }

  private view(item: number): ItemView {
    return { item, content: contentOf(this.options.training, item) };
  }

  private callSeed(task: string, ...ids: number[]): number {
    return this.streams.stream(`call/${task}`, ...ids).u32();
  }

  private async writeParts(
    key: string,
    prepare: (task: ModalityTask) => ((call: Call) => Promise<Answer<string>>) | null,
    seedOf: (task: ModalityTask) => number,
    { signal, keeper }: { signal?: AbortSignal; keeper?: AnswerKeeper },
  ): Promise<PartAnswers> {
    const parts: Record<keyof KnowledgeParts, string | null> = { ...noParts };
    const [tasks, records]: [string[], AnswerRecord[]] = [[], []];
    let repairs: RepairCounts = {};
    const started = this.nowMs();
    for (const task of tasksOf(this.options.reasoner)) {
      const ask = prepare(task);
      if (ask === null) continue;
      const kept = keeper?.find(`${key}|${task}`) as Answer<string> | undefined;
      const answer = kept ?? (await ask({ seed: seedOf(task), signal }));
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
    taskPrefix: string,
    interactions: readonly Interaction[],
    sampledItems: readonly number[],
    attempt = 1,
  ): Written {
    const { reasoner, seed } = this.options;
    const provenance: Provenance = {
      agent: 'integrator',
      tasks: taskPrefix === '' ? tasks : tasks.map((task) => `${taskPrefix}-${task}`),
      reasoner: reasoner.name,
      modelDigest: reasoner.digest,
      templates: records.flatMap((record) => [...record.templates]),
      interactions,
      sampledItems,
      split: 'train',
      seed,
      attempt,
      elapsedMs,
      inputTokens: records.reduce((sum, record) => sum + record.inputTokens, 0),
      outputTokens: records.reduce((sum, record) => sum + record.outputTokens, 0),
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
