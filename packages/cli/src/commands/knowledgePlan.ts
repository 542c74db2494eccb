import { existsSync } from 'node:fs';
import {
  assemblyOptions,
  type CallCounts,
  contentCounts,
  fullContentCounts,
  llmReasonerSchema,
  type PlanCost,
  PROMPT_NEIGHBOURS,
  pictureLimit,
  planKnowledge,
  promptOptions,
} from '@agentmmrec/agents';

import { AmrError, flag, integer, optional } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { clientSchema, type MeasuredRate, promptCatalog, ResponseCache } from '@agentmmrec/llm';
import { feedbackOptions, rerankOptions } from '@agentmmrec/training';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../studies/datasetOptions.js';
import { responsesPath } from '../studies/llmOptions.js';

const count = (help: string) => optional({ type: 'integer', min: 0, max: 2 ** 31 - 1, help });

export const knowledgePlan = defineCommand({
  details: 'From a data set with its modalities as they are, or from --users and --items alone with full content.',
  workspace: 'looks',
  example: 'agentmmrec knowledge plan --users 39387 --items 23033 --calls-per-second 1',
  options: {
    ...datasetOptions,
    data: optional({ type: 'text', help: datasetOptions.data.help }),
    users: count('users, where there is no --data'),
    items: count('items, where there is no --data'),
    ...promptOptions,
    kItems: assemblyOptions.kItems,
    ...rerankOptions,
    ...llmReasonerSchema,
    textOnly: flag(false, 'a model that sees no images'),
    callsPerSecond: optional({
      type: 'real',
      min: 0,
      help: 'rate for the hours; default: as measured over earlier answers in the workspace, if any',
    }),
    inputPrice: clientSchema.inputPrice,
    outputPrice: clientSchema.outputPrice,
    feedbackRounds: integer(feedbackOptions.feedbackPeriods.default, { min: 0, help: 'feedback rounds of a training' }),
    feedbackUsers: { ...feedbackOptions.feedbackUsers, min: 0 },
    feedbackAttempts: feedbackOptions.feedbackAttempts,
    rerankedUsers: count('users reranked at the end; default: all'),
    augmentation: flag(false, 'with the calls for LLMRec: profiles, attributes, edges'),
  },
  async run(options, session) {
    const { callsPerSecond, inputPrice, outputPrice, rerankedUsers, imagesPerPrompt } = options;
    const { promptFamily, kItems, rerankDepth, feedbackRounds, feedbackUsers, feedbackAttempts } = options;
    const promptNeighbours = options.promptNeighbours ?? PROMPT_NEIGHBOURS;
    const prompts = promptCatalog();
    const pictures = pictureLimit(prompts, { promptFamily, imagesPerPrompt });
    let counts: CallCounts;
    if (options.data === null && options.users === null && options.items === null) throw nothingToPlan();
    if (options.data === null)
      counts = fullContentCounts(options.users ?? 0, options.items ?? 0, { pictures, promptNeighbours });
    else {
      const { training } = await loadDataset(options.data, loadOptions(options, session));
      counts = contentCounts(training, {
        knowledgeSeed: options.knowledgeSeed,
        pictures,
        promptNeighbours,
        seesImages: !options.textOnly,
      });
    }
    const measured = callsPerSecond !== null ? null : measuredRate(session.workspace);
    const rate = measured?.callsPerSecond ?? callsPerSecond ?? 0;
    const plan = planKnowledge({
      counts,
      prompts,
      promptFamily,
      promptNeighbours,
      kItems,
      rerankDepth,
      ...(rate > 0 && { callsPerSecond: rate }),
      ...(inputPrice + outputPrice > 0 && { prices: { inputPrice, outputPrice } }),
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
    session.emit({ ...plan, measuredRate: measured });
  },
});

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
