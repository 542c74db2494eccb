import { defaultsOf } from '@agentmmrec/core';
import { feedbackOptions } from '@agentmmrec/training';
import { nameWithoutReranking } from '../recipes.js';
import type { Recipe } from '../study/studyRequest.js';

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
/** VBPR, before its weight is chosen on validation. */
export const vbprRecipe: Recipe = { label: 'VBPR', model: 'vbpr', options: {}, knowledge: 'none', rerank: 'none' };

/** The method as it is by default. One training gives two rows: its lists before and after reranking. */
export const fullRecipe = agentmmrec('AgentMMRec', { rerank: 'made' });
/** The row of the same training before reranking. */
export const withoutRerankingLabel = nameWithoutReranking(fullRecipe);

/** With feedback rounds that rewrite its memory, off by default; trained last, since it leaves the memory changed. */
export const feedbackRecipe = agentmmrec('AgentMMRec with feedback', {
  rerank: 'made',
  feedback: defaultsOf('feedback', feedbackOptions),
});

/** The same model with features alone. */
export const withoutKnowledge = agentmmrec('AgentMMRec without knowledge', { knowledge: 'none' });
/** The same with knowledge handed to the wrong entities. */
export const permutedKnowledge = agentmmrec('AgentMMRec with permuted knowledge', { knowledge: 'permuted' });

const graphs = (part: string): string => `${withoutRerankingLabel} and ${part}`;

/** The ablation: each graph switched off alone, from the row without reranking. */
export const graphAblations: readonly Recipe[] = [
  agentmmrec(graphs('bmu'), { options: { useBmu: false } }),
  agentmmrec(graphs('bmi'), { options: { useBmi: false } }),
  agentmmrec(graphs('rti'), { options: { useRti: false } }),
];
