import { AmrError, nearestName, spelledName } from '@agentmmrec/core';
import { ablation } from './ablation.js';
import { backbones } from './backbones.js';
import { coldStart } from './coldStart.js';
import { comparison } from './comparison.js';
import { compatibility } from './compatibility.js';
import type { Experiment } from './contract.js';
import { cost } from './cost.js';
import { efficiency } from './efficiency.js';
import { hyperparameters } from './hyperparameters.js';
import { memoryRounds } from './memoryRounds.js';
import { overall } from './overall.js';
import { relay } from './relay.js';
import { sparsity } from './sparsity.js';
import { ssl } from './ssl.js';
import { templates } from './templates.js';

/** Every experiment, in the order of the paper. A new one is one file beside this one and one line here. */
export const experiments: readonly Experiment[] = [
  comparison,
  overall,
  ablation,
  compatibility,
  sparsity,
  coldStart,
  memoryRounds,
  relay,
  hyperparameters,
  backbones,
  ssl,
  efficiency,
  cost,
  templates,
];

/** @throws AmrError input with the nearest name */
export function findExperiment(name: string): Experiment {
  const names = experiments.map((experiment) => experiment.name);
  const known = spelledName(name, names);
  const found = experiments.find((experiment) => experiment.name === known);
  if (found) return found;
  const near = nearestName(name, names);
  throw new AmrError({
    what: `experiment "${name}"`,
    got: 'an unknown experiment',
    expected: `one of ${names.join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'see agentmmrec experiment --help',
  });
}
