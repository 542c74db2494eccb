import { findModel, shownName } from '@agentmmrec/models';
import type { BareRecipe } from './runs/runSpec.js';
import type { Recipe } from './study.js';

/**
 * The whole method, wherever a row says AgentMMRec: graphs of the knowledge, feedback rounds that rewrite preferences while it
 * trains, and the Utilizer's reranking at the end.
 */
export const agentmmrec: BareRecipe = {
  model: 'agentmmrec',
  options: {},
  knowledge: 'made',
  rerank: 'made',
  feedback: {},
};

/** A model as it is, with nothing of the knowledge; LLMRec with what a reasoner adds to its graph. */
export function plain(model: string, options: BareRecipe['options'] = {}): BareRecipe {
  const knowledge = findModel(model).needs.includes('augmentation') ? 'made' : 'none';
  return { model, options, knowledge, rerank: 'none' };
}

/** The whole method with one part changed or left out. */
export function agentmmrecWith(changes: Partial<BareRecipe>): BareRecipe {
  return { ...agentmmrec, ...changes };
}

/** AgentMMRec with its memory as it was built: nothing is asked while it trains. */
export function withoutFeedback({ feedback: _, ...kept }: BareRecipe): BareRecipe {
  return kept;
}

/** The same edges and options, and nothing of the knowledge. */
export function withoutKnowledge(recipe: BareRecipe): BareRecipe {
  return { ...withoutFeedback(recipe), knowledge: 'none', rerank: 'none' };
}

/** A recipe's name, with what it lacks of the whole method: `AgentMMRec without feedback`. */
export function nameOf(recipe: BareRecipe | Recipe): string {
  const { model, knowledge, rerank, feedback } = recipe;
  if (model !== 'agentmmrec') {
    return [shownName(model), ...(rerank === 'none' ? [] : ['rerank']), ...(feedback ? ['feedback'] : [])].join(' + ');
  }
  if (knowledge === 'none') return 'AgentMMRec without knowledge';
  const lacking = [...(feedback ? [] : ['feedback']), ...(rerank === 'none' ? ['reranking'] : [])];
  return lacking.length === 0 ? 'AgentMMRec' : `AgentMMRec without ${lacking.join(' and ')}`;
}
