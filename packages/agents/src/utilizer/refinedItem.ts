import type { KnowledgeMemory } from '@agentmmrec/memory';
import { assemblyOptions } from '../knowledgeOptions.js';
import type { Answer } from '../reasoning/reasoner.js';
import { type RepairCounts, repairSelection } from '../reasoning/repairs.js';
import { type CandidateOptions, candidatesOf, fusedOrder } from './refineGraph.js';
import type { Candidate } from './utilizer.js';

/** How the neighbours of one item in `rti` came about. */
export interface RefinedItem {
  /** what there was to choose from, ascending */
  readonly candidates: readonly Candidate[];
  /** [k], the agent's choice, best first; null where the memory holds none */
  readonly chosen: readonly number[] | null;
  /** [k], what the fused similarity alone would have chosen, best first */
  readonly fused: readonly number[];
  readonly repairs: RepairCounts;
}

/** What a refinement made of one item, from the last answer that the memory holds; asks nobody and writes nothing. */
export function refinedItem(
  item: number,
  options: CandidateOptions & {
    readonly memory: Pick<KnowledgeMemory, 'journal'> | null;
  },
): RefinedItem {
  const k = options.kItems ?? assemblyOptions.kItems.default;
  const candidates = candidatesOf(item, options);
  const fused = fusedOrder(candidates).slice(0, k);
  const answers = [...(options.memory?.journal.withPrefix(`refine|${item}|`) ?? [])];
  const last = answers.at(-1)?.value as Answer<readonly number[]> | undefined;
  if (!last) return { candidates, chosen: null, fused, repairs: {} };
  const { items, repairs } = repairSelection(last.value, candidates, k);
  return { candidates, chosen: items, fused, repairs };
}
