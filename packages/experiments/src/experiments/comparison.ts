import { compareOnDataset, comparisonNames } from '../datasetComparison.js';
import { type Recipe, settingsOf } from '../study.js';
import type { Experiment } from './experiment.js';

/** AgentMMRec with what the data set offers, beside LightGCN at its best and itself without knowledge. */
export const comparison: Experiment = {
  name: 'comparison',
  summary: 'AgentMMRec beside itself without knowledge and LightGCN with layers and weight chosen on validation',
  async run(study, seeds, settings) {
    const knowledge = study.request.reasoner === null ? 'none' : 'made';
    const recipe: Recipe = { label: 'AgentMMRec', model: 'agentmmrec', options: {}, knowledge, rerank: knowledge };
    const records = [];
    for (const seed of seeds) records.push(await study.run(recipe, seed, settingsOf(recipe, seed, settings)));
    return await compareOnDataset(study, recipe, records, comparisonNames, settings);
  },
};
