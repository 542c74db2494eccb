import { findModel, shownName } from '@agentmmrec/models';
import type { BareRecipe } from './runs/runSpec.js';
import type { Recipe } from './study/studyRequest.js';

/**
 * The method as it is by default, wherever a row says AgentMMRec: graphs of the knowledge and the Utilizer's reranking at the end.
 * Feedback is a row of its own: it has brought no clear gain (docs/method.md#ablations).
 */
export const agentmmrec: BareRecipe = {
  model: 'agentmmrec',
  options: {},
  knowledge: 'made',
  rerank: 'made',
};

/** A model as it is, with nothing of the knowledge; LLMRec with what a reasoner adds to its graph. */
export function plain(model: string, options: BareRecipe['options'] = {}): BareRecipe {
  const knowledge = findModel(model).needs.includes('augmentation') ? 'made' : 'none';
  return { model, options, knowledge, rerank: 'none' };
}

/** AgentMMRec with one part changed or left out. */
export function agentmmrecWith(changes: Partial<BareRecipe>): BareRecipe {
  return { ...agentmmrec, ...changes };
}

/** AgentMMRec on a memory that feedback rounds have rewritten. */
export const agentmmrecWithFeedback: BareRecipe = { ...agentmmrec, feedback: {} };

/** The same edges and options, and nothing of the knowledge. */
export function withoutKnowledge({ feedback: _, ...kept }: BareRecipe): BareRecipe {
  return { ...kept, knowledge: 'none', rerank: 'none' };
}

/** The same training with its lists as they were before reranking: what a row of them is called. */
export function nameWithoutReranking(recipe: BareRecipe | Recipe): string {
  return nameOf({ ...recipe, rerank: 'none' });
}

/** A recipe's name, with what it has besides the method's default or lacks of it: `AgentMMRec with feedback`. */
export function nameOf(recipe: BareRecipe | Recipe): string {
  const { model, knowledge, rerank, feedback } = recipe;
  if (model !== 'agentmmrec') {
    if (knowledge === 'none' && findModel(model).needs.includes('augmentation'))
      return `${shownName(model)} without augmentation`;
    return [shownName(model), ...(rerank === 'none' ? [] : ['rerank']), ...(feedback ? ['feedback'] : [])].join(' + ');
  }
  if (knowledge === 'none') return 'AgentMMRec without knowledge';
  const parts = [...(feedback ? ['with feedback'] : []), ...(rerank === 'none' ? ['without reranking'] : [])];
  return ['AgentMMRec', parts.join(', ')].join(' ').trim();
}
