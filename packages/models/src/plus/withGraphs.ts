import type { OptionSchema } from '@agentmmrec/core';
import type { Model } from '../contract/model.js';
import { knowledgeGraphs } from './knowledgeGraphs.js';

const ending = ' + graph';

/** A model with the graphs of the knowledge on top (`--plus graph`): another model, with a name of its own. */
export function withGraphs<S extends OptionSchema>(model: Model<S>): Model<S> {
  return {
    ...model,
    name: `${model.name}${ending}`,
    source: `${model.source}; graphs on top as in the AgentMMRec paper, Table 2`,
    rowSteps: false, // graphs reach everyone
    build: (context) => ({ ...model.build(context), enhancement: knowledgeGraphs(context) }),
  };
}

/** The name of the model below, or null when nothing stands on top. */
export function nameBelowGraphs(name: string): string | null {
  return name.endsWith(ending) ? name.slice(0, -ending.length) : null;
}
