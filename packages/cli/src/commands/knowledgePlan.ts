import { existsSync } from 'node:fs';
import {
  assemblyOptions,
  type CallCounts,
  contentCounts,
  fullContentCounts,
  type KnowledgePlan,
  measuredPlan,
  type PlanCost,
  PROMPT_NEIGHBOURS,
  pictureLimit,
  planKnowledge,
  promptOptions,
  runPilot,
} from '@agentmmrec/agents';
import { AmrError, flag, integer, type OptionValues, optional } from '@agentmmrec/core';
import { loadDataset, type TrainingData } from '@agentmmrec/datasets';
import { llmServerNames, type MeasuredRate, type Prices, promptCatalog, ResponseCache } from '@agentmmrec/llm';
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
  reasoner: optional({ type: 'text', help: `of --measure, the kind of language model: ${llmServerNames.join(', ')}` }),
  measure: optional({
    type: 'integer',
    min: 2,
    max: 10_000,
    help: 'make so many real calls of each task, two to a question, and reckon from them; needs --data and --reasoner',
  }),
  textOnly: flag(false, 'a model that sees no images'),
  callsPerSecond: optional({
    type: 'real',
    min: 0,
    help: 'rate for the hours; default: as measured over earlier answers in the workspace, if any',
  }),
  feedbackRounds: integer(feedbackOptions.feedbackPeriods.default, { min: 0, help: 'feedback rounds of a training' }),
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
    const { callsPerSecond, inputPrice, outputPrice, rerankedUsers, imagesPerPrompt } = options;
    const { promptFamily, kItems, coPurchaseCandidates, rerankDepth, feedbackRounds, feedbackUsers, feedbackAttempts } =
      options;
    const promptNeighbours = options.promptNeighbours ?? PROMPT_NEIGHBOURS;
    const prompts = promptCatalog();
    const pictures = pictureLimit(prompts, { promptFamily, imagesPerPrompt });
    let counts: CallCounts;
    let training: TrainingData | null = null;
    checkMeasured(options);
    if (options.data === null && options.users === null && options.items === null) throw nothingToPlan();
    if (options.data === null)
      counts = fullContentCounts(options.users ?? 0, options.items ?? 0, { pictures, promptNeighbours });
    else {
      ({ training } = await loadDataset(options.data, loadOptions(options, session)));
      counts = contentCounts(training, {
        knowledgeSeed: options.knowledgeSeed,
        pictures,
        promptNeighbours,
        seesImages: !options.textOnly,
      });
    }
    const measured = callsPerSecond !== null ? null : measuredRate(session.workspace);
    const rate = measured?.callsPerSecond ?? callsPerSecond ?? 0;
    const prices = inputPrice + outputPrice > 0 ? { inputPrice, outputPrice } : null;
    const plan = planKnowledge({
      counts,
      prompts,
      promptFamily,
      promptNeighbours,
      kItems,
      coPurchaseCandidates,
      rerankDepth,
      ...(rate > 0 && { callsPerSecond: rate }),
      ...(prices && { prices }),
      feedback: { feedbackRounds, feedbackUsers, feedbackAttempts },
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
      session.say('Trainings ask for feedback with --feedback on alone; --feedback-rounds 0 plans without it.');
    const pilot = training && options.measure ? await measure(training, plan, prices, options, session) : {};
    session.emit({ ...plan, measuredRate: measured, ...pilot });
  },
});

/** Makes the pilot's calls, says what they came to, and returns the same for machines. */
async function measure(
  training: TrainingData,
  plan: KnowledgePlan,
  prices: Prices | null,
  given: OptionValues<typeof options>,
  session: Session,
): Promise<Record<string, unknown>> {
  const reasoner = await openLanguageModel(given.reasoner ?? '', given, session, { cached: false });
  try {
    const pilot = await runPilot({
      training,
      reasoner,
      knowledgeSeed: given.knowledgeSeed,
      calls: given.measure ?? 0,
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

/** @throws AmrError input where --measure lacks what it measures */
function checkMeasured({ measure: calls, data, reasoner }: OptionValues<typeof options>): void {
  if (calls === null || (data !== null && reasoner !== null && isLanguageModel(reasoner))) return;
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
