import { choice, flag, type OptionValues, optional, required, text } from '@agentmmrec/core';
import type { ComparisonName } from '@agentmmrec/experiments';
import { models, shownName } from '@agentmmrec/models';
import { feedbackOptions, trainingOptions } from '@agentmmrec/training';
import { datasetOptions } from '../studies/datasetOptions.js';
import { studyOptions } from '../studies/studyOptions.js';

/** The rows that --compare knows. */
export const comparisonNames = ['lightgcn', 'no-knowledge'] as const satisfies readonly ComparisonName[];

/** What `agentmmrec train` can be told, besides the options of the model. */
export const trainSchema = {
  model: required({
    type: 'text',
    names: Object.keys(models),
    help: `the model: ${Object.keys(models).map(shownName).join(', ')}`,
  }),
  ...datasetOptions,
  ...trainingOptions,
  ...studyOptions,
  plus: optional({
    type: 'text',
    help: 'what any model gets on top of itself from the knowledge, separated by commas: graph, rerank',
  }),
  feedback: choice(
    'off',
    ['on', 'off'],
    'rounds that rewrite the memory before the model is trained; off by default: no clear gain was found',
  ),
  ...feedbackOptions,
  compare: text('auto', `rows beside it: ${comparisonNames.join(',')} or none; auto = all of them for agentmmrec`),
  resume: flag(false, 'go on from the checkpoint of the same command'),
  checkpoint: optional({ type: 'text', help: 'where the run is saved; default: a folder of its own in the workspace' }),
} as const;

export type TrainValues = OptionValues<typeof trainSchema>;
