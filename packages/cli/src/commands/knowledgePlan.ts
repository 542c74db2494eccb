import { existsSync } from 'node:fs';
import {
  type CallCounts,
  contentCounts,
  fullContentCounts,
  llmReasonerSchema,
  type PlanCost,
  PROMPT_NEIGHBOURS,
  pictureLimit,
  planKnowledge,
} from '@agentmmrec/agents';

import { AmrError, flag, integer, optional, real } from '@agentmmrec/core';
import { loadDataset } from '@agentmmrec/datasets';
import { type MeasuredRate, promptCatalog, ResponseCache } from '@agentmmrec/llm';
import { defineCommand } from '../command.js';
import { datasetOptions, loadOptions } from '../datasetOptions.js';
import { responsesPath } from '../llmOptions.js';

const count = (help: string) => integer(0, { min: 0, max: 2 ** 31 - 1, help });

export const knowledgePlan = defineCommand({
  verb: 'knowledge plan',
  summary: 'count the calls, images, tokens, hours and money of knowledge by an LLM, before the first call',
  details: 'From a data set with its modalities as they are, or from --users and --items alone with full content.',
  example: 'agentmmrec knowledge plan --users 39387 --items 23033 --calls-per-second 1',
  options: {
    ...datasetOptions,
    data: optional({ type: 'text', help: datasetOptions.data.help }),
    users: count('users, where there is no --data'),
    items: count('items, where there is no --data'),
    promptNeighbours: integer(PROMPT_NEIGHBOURS, { min: 1, max: 100, help: 'Y: how many neighbours a prompt may see' }),
    knowledgeSeed: integer(999, { min: 0, max: 2 ** 31 - 1, help: 'draws what prompts see' }),
    kItems: integer(10, { min: 1, help: 'neighbours of an item in the refined graph' }),
    rerankDepth: integer(50, { min: 1, help: 'places of a list to rerank' }),
    ...llmReasonerSchema,
    textOnly: flag(false, 'a model that sees no images'),
    callsPerSecond: real(0, {
      min: 0,
      help: 'rate for the hours; 0 = as measured over earlier answers in the workspace, if any',
    }),
    inputPrice: real(0, { min: 0, help: 'money for a million input tokens' }),
    outputPrice: real(0, { min: 0, help: 'money for a million output tokens' }),
    feedbackRounds: integer(10, { min: 0, help: 'feedback rounds of a training' }),
    feedbackUsers: integer(512, { min: 0, help: 'users a round' }),
    rerankedUsers: count('users reranked at the end; 0 = all'),
  },
  async run(options, session) {
    const {
      callsPerSecond,
      inputPrice,
      outputPrice,
      rerankedUsers,
      promptNeighbours: neighbours,
      imagesPerPrompt,
    } = options;
    const prompts = promptCatalog();
    const pictures = pictureLimit(prompts, { family: options.promptFamily, imagesPerPrompt });
    let counts: CallCounts;
    if (options.data === null && options.users + options.items === 0) throw nothingToPlan();
    if (options.data === null) counts = fullContentCounts(options.users, options.items, { pictures, neighbours });
    else {
      const { training } = await loadDataset(options.data, loadOptions(options, session));
      counts = contentCounts(training, {
        seed: options.knowledgeSeed,
        pictures,
        neighbours,
        seesImages: !options.textOnly,
      });
    }
    const measured = callsPerSecond > 0 ? null : measuredRate(session.workspace);
    const rate = measured?.callsPerSecond ?? callsPerSecond;
    const plan = planKnowledge({
      counts,
      prompts,
      family: options.promptFamily,
      neighbours,
      k: options.kItems,
      listLength: options.rerankDepth,
      ...(rate > 0 && { callsPerSecond: rate }),
      ...(inputPrice + outputPrice > 0 && { prices: { inputPerMillion: inputPrice, outputPerMillion: outputPrice } }),
      feedback: { rounds: options.feedbackRounds, usersPerRound: options.feedbackUsers },
      ...(rerankedUsers > 0 && { rerankedUsers }),
    });
    session.say(`${counts.users} users, ${counts.items} items; lengths of texts are ${plan.basis}.`);
    if (measured) {
      session.say(
        `Hours at ${measured.callsPerSecond.toPrecision(3)} calls a second, measured over ${measured.answers} answers of ${measured.model} in this workspace.`,
      );
    }
    session.say(line('building', plan.building));
    session.say(line('refining', plan.refining));
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
  const millions = (tokens: number) => `${(tokens / 1e6).toFixed(1)} M`;
  return [
    `${name.padEnd(18)} ${String(calls).padStart(9)} calls`,
    `${String(images).padStart(8)} images`,
    `${millions(inputTokens).padStart(9)} tokens in`,
    `${millions(outputTokens).padStart(8)} out`,
    ...(hours === null ? [] : [`${hours.toFixed(1).padStart(8)} h`]),
    ...(money === null ? [] : [`${money.toFixed(2).padStart(10)} money`]),
  ].join('  ');
}
