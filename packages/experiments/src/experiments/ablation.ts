import { agentmmrec, agentmmrecWith, agentmmrecWithFeedback, withoutKnowledge } from '../recipes.js';
import type { Experiment } from './contract.js';
import { row, rowWithoutReranking } from './rows.js';

/** Each part of AgentMMRec left out alone. Without rti the raw graphs stand in for it; the knowledge is the same in all rows. */
export const ablation: Experiment = {
  name: 'ablation',
  title: 'Ablation',
  summary:
    'each part of AgentMMRec left out alone: bmu (graph of users of like preferences), bmi (items of like properties), bmh (both), rti (refined graph of like content), reranking, all knowledge; and with feedback',
  shows: 'Figure 2',
  plan(context) {
    const without = (part: string, options: Readonly<Record<string, unknown>>) =>
      row(context, agentmmrecWith({ options }), { label: `AgentMMRec without ${part}` });
    const whole = row(context, agentmmrec);
    const parts = [
      without('bmh', { useBmu: false, useBmi: false }),
      without('bmu', { useBmu: false }),
      without('bmi', { useBmi: false }),
      without('rti', { useRti: false }),
      rowWithoutReranking(context, agentmmrec),
      row(context, agentmmrecWithFeedback),
      row(context, withoutKnowledge(agentmmrec)),
      row(context, agentmmrecWith({ knowledge: 'permuted', rerank: 'permuted' }), {
        label: 'AgentMMRec with permuted knowledge',
      }),
    ];
    return {
      rows: [whole, ...parts],
      comparisons: parts.map(({ label }) => [whole.label, label] as const),
      figures: ['differences', 'curves'],
      remarks: ['The paper shows this as a figure and prints no numbers.'],
    };
  },
};
