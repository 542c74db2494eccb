import { type KnowledgeParts, type Log, RandomStreams, silentLog } from '@agentmmrec/core';
import type { TrainingData } from '@agentmmrec/datasets';
import { LlmError, type PromptTaskName } from '@agentmmrec/llm';
import { type Estimate, Sample } from '../calls/estimate.js';
import { counting, runCalls } from '../calls/runCalls.js';
import { EntryCalls } from '../integrator/entryCalls.js';
import { assemblyOptions } from '../knowledgeOptions.js';
import { contentOf, requireContent } from '../reasoning/content.js';
import { isEmpty, modalityTasks, noParts, partOfTask } from '../reasoning/modality.js';
import {
  type Answer,
  type CallSpending,
  neighboursShown,
  type Reasoner,
  type TaskAnswers,
} from '../reasoning/reasoner.js';
import { agreementOf } from './agreement.js';

/** What a pilot asks, whom and how often. */
export interface PilotOptions {
  readonly training: TrainingData;
  /** without a cache: every call is to be a real one */
  readonly reasoner: Reasoner;
  readonly knowledgeSeed: number;
  /** calls of each task, two to a question */
  readonly calls: number;
  readonly promptNeighbours?: number;
  /** k of the refined graph */
  readonly kItems?: number;
  /** candidates of a refinement beside those by content */
  readonly coPurchaseCandidates?: number;
  /** base list of a reranking */
  readonly rerankDepth: number;
  readonly log?: Log;
  readonly signal?: AbortSignal;
}

/** What the calls of one task took and came to. */
export interface TaskPilot {
  readonly task: PromptTaskName;
  readonly calls: number;
  /** without a usable answer after every attempt */
  readonly failed: number;
  readonly requests: number;
  /** of one call, while `inFlight` were on their way */
  readonly seconds: Sample;
  /** of one call, refused attempts included */
  readonly inputTokens: Sample;
  readonly outputTokens: Sample;
  /** how far two answers to one question agree, 0 to 1; null where no question was answered twice */
  readonly agreement: Estimate | null;
  readonly answers: TaskAnswers | null;
}

/** A pilot of a job: tasks that were asked, in order. */
export interface Pilot {
  readonly inFlight: number;
  readonly tasks: readonly TaskPilot[];
}

interface Question {
  ask(seed: number, signal?: AbortSignal): Promise<Answer<unknown>>;
}

/**
 * Makes some real calls of each task on entities drawn at random, and measures them. Every question is asked twice with other
 * seeds, so that it shows how far answers can be relied on. Tasks that need knowledge get what the calls before them said.
 * @throws AmrError for what every other call would meet too (a quota, a missing model), and when told to stop
 */
export async function runPilot(options: PilotOptions): Promise<Pilot> {
  const { reasoner, training, calls } = options;
  await reasoner.prepare(requireContent(training), training.train);
  const inFlight = Math.max(1, Math.min(reasoner.concurrency, calls));
  const known = new PilotKnowledge();
  const tasks: TaskPilot[] = [];
  for (const [task, questions] of pilotQuestions(options, known)) {
    const asked = questions(Math.ceil(calls / 2));
    if (asked.length > 0) tasks.push(await measured(task, asked, options));
  }
  return { inFlight, tasks };
}

async function measured(
  task: PromptTaskName,
  questions: readonly Question[],
  options: PilotOptions,
): Promise<TaskPilot> {
  const { reasoner, signal, log = silentLog } = options;
  const [seconds, inputTokens, outputTokens] = [new Sample(), new Sample(), new Sample()];
  const streams = new RandomStreams(options.knowledgeSeed);
  const total = Math.min(options.calls, 2 * questions.length);
  const answers: unknown[][] = questions.map(() => []);
  const before = spentOf(reasoner);
  let last = before;
  let failed = 0;
  await runCalls<number>({
    label: task,
    activity: 'the pilot',
    counted: 'calls',
    total,
    hint: 'nothing of a pilot is kept',
    reasoner,
    log,
    signal,
    next: counting(total),
    async work(call) {
      const startMs = performance.now();
      const at = call % questions.length;
      const round = Math.floor(call / questions.length);
      try {
        const { value } = await questions[at].ask(streams.stream(`pilot/${task}`, at, round).u32(), signal);
        answers[at].push(value);
      } catch (thrown) {
        // How often a model fails is what a pilot is to find out: it ends where every call would end alike.
        if (!(thrown instanceof LlmError) || thrown.endsRun || thrown.kind !== 'failed') throw thrown;
        failed++;
      } finally {
        seconds.add((performance.now() - startMs) / 1000);
        // What was used since the last end: of one call on average, whichever it was.
        const now = spentOf(reasoner);
        inputTokens.add(now.inputTokens - last.inputTokens);
        outputTokens.add(now.outputTokens - last.outputTokens);
        last = now;
      }
    },
    failed() {
      throw new Error('the work of a pilot counts its failures itself');
    },
  });
  const agreement = new Sample();
  for (const [one, other] of answers) if (other !== undefined) agreement.add(agreementOf(one, other));
  return {
    task,
    calls: total,
    failed,
    requests: spentOf(reasoner).requests - before.requests,
    seconds,
    inputTokens,
    outputTokens,
    agreement: agreement.size === 0 ? null : agreement.estimate(),
    answers: reasoner.answers?.().find((one) => one.task === task) ?? null,
  };
}

function spentOf(reasoner: Reasoner): CallSpending {
  return reasoner.spent?.() ?? { requests: 0, inputTokens: 0, outputTokens: 0, money: null };
}

/** Parts that the pilot's own calls wrote, for the tasks that read knowledge. */
class PilotKnowledge {
  private readonly entries = {
    preference: new Map<number, KnowledgeParts>(),
    property: new Map<number, KnowledgeParts>(),
  };

  write(kind: 'preference' | 'property', entity: number, part: Partial<KnowledgeParts>): void {
    this.entries[kind].set(entity, { ...(this.entries[kind].get(entity) ?? noParts), ...part });
  }

  /** One of the entries, the same for the same number: its length is what matters. */
  any(kind: 'preference' | 'property', number: number): KnowledgeParts {
    const all = [...this.entries[kind].values()].filter((parts) => !isEmpty(parts));
    return all.length === 0 ? noParts : all[number % all.length];
  }
}

type Questions = (count: number) => Question[];

/** Each task with its questions; those of later tasks read what earlier ones wrote. */
function pilotQuestions(options: PilotOptions, known: PilotKnowledge): [PromptTaskName, Questions][] {
  const { training, reasoner, knowledgeSeed } = options;
  const promptNeighbours = neighboursShown(reasoner, options.promptNeighbours);
  const calls = new EntryCalls({ training, knowledgeSeed, promptNeighbours, reasoner });
  const streams = new RandomStreams(knowledgeSeed);
  const drawn = (what: string, all: number, count: number) =>
    streams.stream(`pilot/${what}`).sample(
      Array.from({ length: all }, (_, id) => id),
      Math.min(count, all),
    );
  const items = (count: number) => drawn('items', training.items, count);
  const users = (count: number) => drawn('users', training.users, count);
  const keep = async (
    kind: 'preference' | 'property',
    entity: number,
    task: (typeof modalityTasks)[number],
    asked: Promise<Answer<string>>,
  ) => {
    const answer = await asked;
    known.write(kind, entity, { [partOfTask[task]]: answer.value });
    return answer;
  };
  const properties = modalityTasks.map((task): [PromptTaskName, Questions] => [
    `property-${task}`,
    (count) =>
      items(count).flatMap((item) =>
        calls
          .property(item)
          .calls.filter((one) => one.task === task)
          .map(
            (one): Question => ({
              ask: (callSeed, signal) =>
                keep(
                  'property',
                  item,
                  task,
                  reasoner.property(task, calls.view(item), one.neighbours, { seed: callSeed, signal }),
                ),
            }),
          ),
      ),
  ]);
  const preferences = modalityTasks.map((task): [PromptTaskName, Questions] => [
    `preference-${task}`,
    (count) =>
      users(count).flatMap((user) =>
        calls
          .preference(user)
          .calls.filter((one) => one.task === task)
          .map(
            (one): Question => ({
              ask: (callSeed, signal) =>
                keep(
                  'preference',
                  user,
                  task,
                  reasoner.preference(task, user, one.neighbours, { seed: callSeed, signal }),
                ),
            }),
          ),
      ),
  ]);
  return [...properties, ...preferences, ...readingQuestions(options, known, { items, users })];
}

/** Of the tasks that read knowledge: as many candidates as the job shows, with parts of the length that was seen. */
function readingQuestions(
  {
    training,
    reasoner,
    kItems = assemblyOptions.kItems.default,
    coPurchaseCandidates = assemblyOptions.coPurchaseCandidates.default,
    rerankDepth,
    promptNeighbours,
    knowledgeSeed,
  }: PilotOptions,
  known: PilotKnowledge,
  { items, users }: { items(count: number): number[]; users(count: number): number[] },
): [PromptTaskName, Questions][] {
  const streams = new RandomStreams(knowledgeSeed);
  const others = (what: string, of: number, count: number) => {
    const all = Array.from({ length: training.items }, (_, id) => id).filter((id) => what === 'lists' || id !== of);
    return streams.stream(`pilot/${what}`, of).sample(all, Math.min(count, all.length));
  };
  const described = (ids: readonly number[]) =>
    ids.map((item, at) => ({
      item,
      content: contentOf(training, item),
      properties: known.any('property', item),
      fusedSimilarity: 1 - at / (ids.length + 1),
      near: ['text'],
    }));
  const shown = neighboursShown(reasoner, promptNeighbours);
  const refine: Questions = (count) =>
    items(count).flatMap((item) => {
      const candidates = described(others('candidates', item, 2 * kItems + coPurchaseCandidates));
      const buyerPreferences = Array.from({ length: shown }, (_, at) => known.any('preference', item + at)).filter(
        (parts) => !isEmpty(parts),
      );
      const input = {
        target: { item, content: contentOf(training, item) },
        properties: known.any('property', item),
        candidates,
        buyerPreferences,
        k: Math.min(kItems, candidates.length),
      };
      return candidates.length === 0
        ? []
        : [{ ask: (callSeed, signal) => reasoner.refine(input, { seed: callSeed, signal }) }];
    });
  const rerank: Questions = (count) =>
    users(count).map((user) => {
      const candidates = described(others('lists', user, rerankDepth));
      return {
        ask: (callSeed, signal) =>
          reasoner.rerank({ user, preferences: known.any('preference', user), candidates }, { seed: callSeed, signal }),
      };
    });
  const update: Questions = (count) =>
    users(count).flatMap((user) => {
      const preferences = known.any('preference', user);
      const truth = described(others('truth', user, 1));
      const input = { user, preferences, truth, ndcgBase: 0.2, ndcgReranked: 0.1, attempt: 1 };
      return isEmpty(preferences)
        ? []
        : [{ ask: (callSeed, signal) => reasoner.updatePreference(input, { seed: callSeed, signal }) }];
    });
  return [
    ['refine-graph', refine],
    ['rerank', rerank],
    ['update-preference', update],
  ];
}
