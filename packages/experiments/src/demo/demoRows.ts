import { defaultsOf } from '@agentmmrec/core';
import { feedbackOptions } from '@agentmmrec/training';
import type { Recipe } from '../study.js';

const agentmmrec = (label: string, changes: Partial<Recipe> = {}): Recipe => ({
  label,
  model: 'agentmmrec',
  options: {},
  knowledge: 'made',
  rerank: 'none',
  ...changes,
});

/** LightGCN, before its options are chosen on validation. */
export const lightgcnRecipe: Recipe = {
  label: 'LightGCN',
  model: 'lightgcn',
  options: {},
  knowledge: 'none',
  rerank: 'none',
};
/** VBPR with its defaults. */
export const vbprRecipe: Recipe = { label: 'VBPR', model: 'vbpr', options: {}, knowledge: 'none', rerank: 'none' };

/** One training gives two rows: its lists before and after reranking. */
export const fullRecipe = agentmmrec('AgentMMRec', { rerank: 'made' });
/** The row of the same training before reranking. */
export const beforeRerankLabel = 'AgentMMRec without rerank';

/** The full method while its memory is rewritten by feedback rounds; trained last, since it leaves the memory changed. */
export const feedbackRecipe = agentmmrec('AgentMMRec with feedback', {
  rerank: 'made',
  feedback: defaultsOf('feedback', feedbackOptions),
});

/** The same model with features alone. */
export const withoutKnowledge = agentmmrec('AgentMMRec without knowledge', { knowledge: 'none' });
/** The same with knowledge handed to the wrong entities. */
export const permutedKnowledge = agentmmrec('AgentMMRec with permuted knowledge', { knowledge: 'permuted' });

/** The ablation: each graph switched off alone. Without rti the raw graphs stand in for it. */
export const graphAblations: readonly Recipe[] = [
  agentmmrec('AgentMMRec without bmu', { options: { useBmu: false } }),
  agentmmrec('AgentMMRec without bmi', { options: { useBmi: false } }),
  agentmmrec('AgentMMRec without rti', { options: { useRti: false } }),
];
