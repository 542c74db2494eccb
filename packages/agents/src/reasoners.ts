import { AmrError, nearestName } from '@agentmmrec/core';
import { ExtractiveReasoner } from './extractive/extractiveReasoner.js';
import type { Reasoner } from './reasoning/reasoner.js';

/** Every reasoner by its name. Making one costs nothing; it measures the catalog when it is prepared. */
const reasoners: Readonly<Record<string, () => Reasoner>> = {
  extractive: () => new ExtractiveReasoner(),
};

/** Reasoners that need no server. */
export const reasonerNames = Object.keys(reasoners);

/**
 * @param others names that the caller knows besides, for the error
 * @throws AmrError input with the nearest name
 */
export function makeReasoner(name: string, others: readonly string[] = []): Reasoner {
  const make = Object.hasOwn(reasoners, name) ? reasoners[name] : undefined;
  if (make) return make();
  const known = [...reasonerNames, ...others];
  const near = nearestName(name, known);
  throw new AmrError({
    what: `reasoner "${name}"`,
    got: 'an unknown reasoner',
    expected: `one of ${known.join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'use --reasoner extractive',
  });
}
