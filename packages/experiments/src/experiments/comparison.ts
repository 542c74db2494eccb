import { agentmmrec, agentmmrecWithFeedback, plain, withoutKnowledge } from '../recipes.js';
import type { SearchSpace } from '../search/ranges.js';
import type { Experiment } from './contract.js';
import { row, rowWithoutReranking } from './rows.js';

/** What LightGCN may choose from on real data, on validation only. */
const lightgcnSpace: SearchSpace = {
  dimensions: { values: [64, 128] },
  layers: { values: [1, 2, 3, 4] },
  l2: { values: [1e-3, 1e-2] },
  learningRate: { values: [1e-3, 4e-3] },
};

/** What AgentMMRec and itself without knowledge may choose from: as many candidates as LightGCN has. */
const agentmmrecSpace: SearchSpace = {
  preset: { values: ['default', 'dense'] },
  dimensions: { values: [64, 128] },
  viewAlignment: { values: [3e-3, 6e-3] },
  l2: { values: [1e-3, 1e-2] },
  learningRate: { values: [1e-3, 4e-3] },
};

/** AgentMMRec with what the data set offers, beside LightGCN at its best and itself without knowledge. */
export const comparison: Experiment = {
  name: 'comparison',
  title: 'AgentMMRec and LightGCN',
  summary: 'AgentMMRec beside itself without knowledge and LightGCN, each with options chosen on validation',
  shows: null,
  plan(context) {
    const search = agentmmrecSpace;
    const lightgcn = row(context, plain('lightgcn'), { label: 'LightGCN, tuned', search: lightgcnSpace });
    const without = row(context, withoutKnowledge(agentmmrec), { search });
    const own =
      context.source === null
        ? []
        : [
            row(context, agentmmrec, { search }),
            rowWithoutReranking(context, agentmmrec, { search }),
            row(context, agentmmrecWithFeedback, { search }),
          ];
    const main = own[0] ?? without;
    const rows = [...own, without, lightgcn];
    return {
      rows,
      comparisons: rows.filter(({ label }) => label !== main.label).map(({ label }) => [main.label, label] as const),
      figures: ['differences', 'curves', 'users'],
      ...(own.length === 0 && { remarks: ['No reasoner was named: AgentMMRec runs without knowledge.'] }),
    };
  },
};
