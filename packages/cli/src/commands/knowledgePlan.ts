import { existsSync } from 'node:fs';
import {
  assemblyOptions,
  type CallCounts,
  fullContentCounts,
  type KnowledgePlan,
  measuredPlan,
  type PlanCost,
  PROMPT_NEIGHBOURS,
  pictureLimit,
  picturesAsked,
  planKnowledge,
  promptOptions,
  runPilot,
  stoppableContentCounts,
} from '@agentmmrec/agents';
import { AmrError, flag, type OptionValues, optional } from '@agentmmrec/core';
import { loadDataset, type TrainingData } from '@agentmmrec/datasets';
import {
  llmServerNames,
  type MeasuredRate,
  type Prices,
  pricesOf,
  promptCatalog,
  ResponseCache,
} from '@agentmmrec/llm';
import { feedbackOptions, rerankOptions } from '@agentmmrec/training';
import { defineCommand } from '../command.js';
import type { Session } from '../session/session.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';
import { askingOptions, isLanguageModel, openLanguageModel, responsesPath } from '../studies/llmOptions.js';
import { measuredLines, pilotTable, shares } from '../studies/pilot.js';

const count = (help: string) => optional({ type: 'integer', min: 0, max: 2 ** 31 - 1, help });

const options = {
  ...datasetOptions,
  data: optional({ type: 'text', help: datasetOptions.data.help }),
  users: count('users, where there is no --data'),
  items: count('items, where there is no --data'),
  ...promptOptions,
  kItems: assemblyOptions.kItems,
  coPurchaseCandidates: assemblyOptions.coPurchaseCandidates,
  ...rerankOptions,
  ...askingOptions,
  reasoner: optional({
    type: 'text',
    names: llmServerNames,
    help: `of --measure, the kind of language model: ${llmServerNames.join(', ')}`,
  }),
  measure: optional({
    type: 'integer',
    min: 2,
    max: 10_000,
    help: 'make so many real calls of each task, two to a question, and reckon from them; needs --data and --reasoner',
  }),
  textOnly: flag(false, 'a model that sees no images'),
  callsPerSecond: optional({
    type: 'real',
    min: 1e-6,
    help: 'rate for the hours; default: as measured over earlier answers in the workspace, if any',
  }),
  feedbackPeriods: { ...feedbackOptions.feedbackPeriods, min: 0 },
  feedbackUsers: { ...feedbackOptions.feedbackUsers, min: 0 },
  feedbackAttempts: feedbackOptions.feedbackAttempts,
  rerankedUsers: count('users reranked at the end; default: all'),
  augmentation: flag(false, 'with the calls for LLMRec: profiles, attributes, edges'),
} as const;

export const knowledgePlan = defineCommand({
  details:
    'From a data set with its modalities as they are, or from --users and --items alone with full content. --measure 20 asks a language ' +
    'model, keeps nothing of the answers, and says how they agree, how many had to be mended, and what the whole job takes.',
  workspace: 'looks',
  example: 'agentmmrec knowledge plan --users 39387 --items 23033 --calls-per-second 1',
  options,
  async run(options, session) {
    const { callsPerSecond, rerankedUsers } = options;
    const { promptFamily, kItems, coPurchaseCandidates, rerankDepth } = options;
    const { feedbackPeriods, feedbackUsers, feedbackAttempts } = options;
    const promptNeighbours = options.promptNeighbours ?? PROMPT_NEIGHBOURS;
    const prompts = promptCatalog();
    const pictures = pictureLimit(prompts, { promptFamily, imagesPerPrompt: picturesAsked(options) });
    let counts: CallCounts;
    let training: TrainingData | null = null;
    const asked = measuring(options);
    if (options.data === null && options.users === null && options.items === null) throw nothingToPlan();
    if (options.data === null) counts = fullContentCounts(options.users, options.items, { pictures, promptNeighbours });
    else {
      ({ training } = await loadDataset(options.data, loadOptions(options, session)));
      const content = {
        knowledgeSeed: options.knowledgeSeed,
        pictures,
        promptNeighbours,
        seesImages: !options.textOnly,
      };
      counts = await stoppableContentCounts(training, content, session.signal);
    }
    const measured = callsPerSecond !== null ? null : measuredRate(session.workspace);
    const rate = measured?.callsPerSecond ?? callsPerSecond;
    const prices = pricesOf(options);
    const plan = planKnowledge({
      counts,
      prompts,
      promptFamily,
      promptNeighbours,
      kItems,
      coPurchaseCandidates,
      rerankDepth,
      ...(rate !== null && { callsPerSecond: rate }),
      ...(prices && { prices }),
      feedback: { feedbackPeriods, feedbackUsers, feedbackAttempts },
      ...(rerankedUsers !== null && { rerankedUsers }),
      augmentation: options.augmentation,
    });
    session.say(`${counts.users} users, ${counts.items} items; lengths of texts are ${plan.basis}.`);
    if (measured) {
      session.say(
        `Hours at ${measured.callsPerSecond.toPrecision(3)} calls a second, measured over ${measured.answers} answers of ${measured.model} in this workspace.`,
      );
    }
    session.say(line('building', plan.building));
    session.say(line('refining', plan.refining));
    if (options.augmentation) session.say(line('augmentation', plan.augmentation));
    session.say(line('feedback, at most', plan.feedback));
    session.say(line('final reranking', plan.finalReranking));
    session.say(line('total', plan.total));
    if (plan.feedback.calls > 0)
      session.say('Trainings ask for feedback with --feedback on alone; --feedback-periods 0 plans without it.');
    const pilot = training && asked ? await measure({ ...asked, training, prices }, plan, options, session) : {};
    session.emit({ ...plan, measuredRate: measured, ...pilot });
  },
});

/** Makes the pilot's calls, says what they came to, and returns the same for machines. */
async function measure(
  { training, prices, calls, reasoner: name }: Measuring & { training: TrainingData; prices: Prices | null },
  plan: KnowledgePlan,
  given: OptionValues<typeof options>,
  session: Session,
): Promise<Record<string, unknown>> {
  const reasoner = await openLanguageModel(name, given, session, { cached: false });
  try {
    const pilot = await runPilot({
      training,
      reasoner,
      knowledgeSeed: given.knowledgeSeed,
      calls,
      kItems: given.kItems,
      coPurchaseCandidates: given.coPurchaseCandidates,
      rerankDepth: given.rerankDepth,
      ...(given.promptNeighbours !== null && { promptNeighbours: given.promptNeighbours }),
      log: session.log,
      signal: session.signal,
    });
    const measured = measuredPlan(plan, pilot, prices);
    session.say(`\n${pilotTable(pilot)}\n\nThe whole job at that:`);
    for (const one of measuredLines(measured)) session.say(one);
    const tasks = pilot.tasks.map(({ seconds, inputTokens, outputTokens, answers: _, ...one }, at) => ({
      ...one,
      ...shares(pilot.tasks[at]),
      seconds: seconds.estimate(),
      inputTokens: inputTokens.estimate(),
      outputTokens: outputTokens.estimate(),
    }));
    return { pilot: { inFlight: pilot.inFlight, tasks }, measured };
  } finally {
    await reasoner.close?.();
  }
}

interface Measuring {
  /** of each task */
  readonly calls: number;
  readonly reasoner: string;
}

/** What --measure asks for; null without it. @throws AmrError input where it lacks what it measures */
function measuring({ measure: calls, data, reasoner }: OptionValues<typeof options>): Measuring | null {
  if (calls === null) return null;
  if (data !== null && reasoner !== null && isLanguageModel(reasoner)) return { calls, reasoner };
  throw new AmrError({
    what: 'knowledge plan --measure',
    got: data === null ? 'no --data' : `--reasoner ${reasoner ?? 'not given'}`,
    expected: `a data set, and a language model: ${llmServerNames.join(' or ')}`,
    hint: 'for example --data baby --reasoner ollama --measure 20',
  });
}

function nothingToPlan(): AmrError {
  return new AmrError({
    what: 'knowledge plan',
    got: 'neither --data nor --users and --items',
    expected: 'a data set, or its size',
    hint: 'for example --users 39387 --items 23033',
  });
}

/** How fast the last calls of this workspace were answered. */
function measuredRate(workspace: string): MeasuredRate | null {
  const path = responsesPath(workspace);
  if (!existsSync(path)) return null;
  const cache = new ResponseCache(path);
  try {
    return cache.rate();
  } finally {
    cache.close();
  }
}

function line(name: string, { calls, images, inputTokens, outputTokens, hours, money }: PlanCost): string {
  const millions = (tokens: number) =>
    tokens < 1e5 ? `${Math.ceil(tokens / 1e3)} k` : `${(tokens / 1e6).toFixed(1)} M`;
  return [
    `${name.padEnd(18)} ${String(calls).padStart(9)} calls`,
    `${String(images).padStart(8)} images`,
    `${millions(inputTokens).padStart(9)} tokens in`,
    `${millions(outputTokens).padStart(8)} out`,
    ...(hours === null ? [] : [`${hours.toFixed(1).padStart(8)} h`]),
    ...(money === null ? [] : [`${money.toFixed(2).padStart(10)} money`]),
  ].join('  ');
}
