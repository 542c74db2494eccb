import type { KnowledgeEntry } from '@agentmmrec/memory';
import { debrisOf } from '../reasoning/debris.js';

const LEAST_GROUNDED = 0.5;

/** What is weak about an entry, each one sentence; empty for a sound one. Entries of before anyone counted are read likewise. */
export function weaknessesOf({ parts, provenance }: Pick<KnowledgeEntry, 'parts' | 'provenance'>): string[] {
  const debris = Object.entries(parts).flatMap(([name, part]: [string, string | null]) => {
    const problem = part === null || provenance.reasoner === 'extractive' ? null : debrisOf(part);
    return problem === null ? [] : [`${name}: ${problem}`];
  });
  const { groundedShare } = provenance;
  if (groundedShare === undefined || groundedShare >= LEAST_GROUNDED) return debris;
  return [...debris, `${Math.round(100 * groundedShare)} % of its names and numbers stand in what was shown`];
}
