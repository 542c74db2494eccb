import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@agentmmrec/core';
import { predictionsPage } from './predictions.js';
import { withTargets } from './targets.js';

// `npm run tables`: writes the pages that are computed from the kernels' definitions.
const folder = join(resolve(import.meta.dirname, '../../..'), 'cuda');
writeFileAtomic(join(folder, 'predictions.md'), predictionsPage());
const readme = join(folder, 'README.md');
writeFileAtomic(readme, withTargets(readFileSync(readme, 'utf8')));
