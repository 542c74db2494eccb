import {
  contentCounts,
  feedbackCalls,
  fullContentCounts,
  IMAGES_PER_PROMPT,
  modalityTasks,
  PROMPT_NEIGHBOURS,
} from '@agentmmrec/agents';
import { withDefaults } from '@agentmmrec/core';
import type { Dataset } from '@agentmmrec/datasets';
import { feedbackOptions } from '@agentmmrec/training';
import { isAugmented } from '../study/study.js';
import type { KnowledgeSource, PlannedRun } from './runSpec.js';

/** Calls of a language model, by what they are for. */
export interface PlannedCalls {
  readonly building: number;
  readonly refining: number;
  /** one reranking of all users */
  readonly reranking: number;
  /** a profile and edges of each user, attributes of each item: LLMRec */
  readonly augmenting: number;
}

/** Counting looks at each user and item, and the runs of a plan ask for the same counts hundreds of times. */
const counted = new WeakMap<Dataset, Map<string, PlannedCalls>>();

/** Calls to make and use knowledge once: counted on the data, or on its size where it has no content to look at. */
export function plannedCalls(dataset: Dataset, source: KnowledgeSource | null): PlannedCalls {
  const asked = {
    imagesPerPrompt: source?.imagesPerPrompt ?? IMAGES_PER_PROMPT,
    promptNeighbours: source?.options.promptNeighbours ?? PROMPT_NEIGHBOURS,
    knowledgeSeed: source?.options.knowledgeSeed ?? 0,
  };
  const known = counted.get(dataset) ?? new Map<string, PlannedCalls>();
  counted.set(dataset, known);
  const key = JSON.stringify(asked);
  const calls = known.get(key) ?? countCalls(dataset, asked);
  known.set(key, calls);
  return calls;
}

function countCalls(
  { training }: Dataset,
  { imagesPerPrompt, promptNeighbours, knowledgeSeed }: Readonly<Record<string, number>>,
): PlannedCalls {
  const shared = { pictures: () => imagesPerPrompt, promptNeighbours };
  const counts =
    training.content === null
      ? fullContentCounts(training.users, training.items, shared)
      : contentCounts(training, { ...shared, knowledgeSeed });
  const sum = (of: Readonly<Record<string, number>>) => Object.values(of).reduce((total, calls) => total + calls, 0);
  return {
    building: sum(counts.preferences) + sum(counts.properties),
    refining: counts.refinements,
    reranking: training.users,
    augmenting: 2 * counts.preferences.text + counts.properties.text,
  };
}

/** Calls of one run, at most; 0 where the reasoner is no language model. */
export function callsOfRun({ spec }: PlannedRun, dataset: Dataset): number {
  if (spec.source === null || spec.source.reasoner === 'extractive') return 0;
  const { building, refining, reranking, augmenting } = plannedCalls(dataset, spec.source);
  if (spec.kind === 'knowledge') return building + refining;
  const { feedback, rerank } = spec.recipe ?? {};
  const added = spec.recipe && isAugmented(spec.recipe.model) ? augmenting : 0;
  const { users, updates, rerankings } = feedbackCalls(
    withDefaults(feedbackOptions, feedback ?? {}),
    dataset.training.users,
  );
  const ofFeedback = feedback ? modalityTasks.length * users + updates + rerankings : 0;
  return added + ofFeedback + (rerank === 'none' || spec.kind !== 'train' ? 0 : reranking);
}
