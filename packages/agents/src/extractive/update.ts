import type { KnowledgeParts } from '@agentmmrec/core';
import type { UpdateInput } from '../reasoning/reasoner.js';
import { readTerms, writeTerms } from './weightedText.js';

/** A liked term that no truth item has was overstated a little; each attempt moves further. */
const weakened = 0.85;
const strengthenedPerAttempt = 0.6;

/**
 * The preferences with the missed evidence: what the truth items have is strengthened or added, what they lack is weakened, part
 * by part, more with each attempt. A part the entry does not have stays absent.
 */
export function updateTerms({ preferences, truth, attempt }: UpdateInput): KnowledgeParts {
  const part = (name: keyof KnowledgeParts): string | null => {
    const before = preferences[name];
    if (before === null) return null;
    const seen = new Map<string, number>();
    for (const { properties } of truth) {
      for (const [term, strength] of readTerms(properties[name] ?? '')) {
        seen.set(term, (seen.get(term) ?? 0) + strength / truth.length);
      }
    }
    const terms = new Map<string, number>();
    for (const [term, strength] of readTerms(before)) {
      terms.set(term, seen.has(term) ? strength : strength * weakened ** attempt);
    }
    for (const [term, strength] of seen) {
      terms.set(term, (terms.get(term) ?? 0) + strength * strengthenedPerAttempt * attempt);
    }
    return writeTerms([...terms].map(([term, strength]) => ({ term, strength }))) || before;
  };
  return { text: part('text'), visual: part('visual'), crossModal: part('crossModal') };
}
