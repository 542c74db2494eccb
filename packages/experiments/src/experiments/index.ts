import { AmrError, nearestName } from '@agentmmrec/core';
import { comparison } from './comparison.js';
import type { Experiment } from './experiment.js';

export type { Experiment } from './experiment.js';

/** Every experiment by its name. A new one is one file beside this one and one line here. */
export const experiments = { comparison } as const satisfies Readonly<Record<string, Experiment>>;

/** @throws AmrError input with the nearest name */
export function findExperiment(name: string): Experiment {
  const found = Object.values(experiments).find((experiment) => experiment.name === name);
  if (found) return found;
  const near = nearestName(name, Object.keys(experiments));
  throw new AmrError({
    what: `experiment "${name}"`,
    got: 'an unknown experiment',
    expected: `one of ${Object.keys(experiments).join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'see agentmmrec experiment --help',
  });
}
