import { join, resolve } from 'node:path';
import { writeFileAtomic } from '@agentmmrec/core';
import { predictionsPage } from './predictions.js';

// `npm run tables`: writes the pages that are computed from the kernels' definitions.
writeFileAtomic(join(resolve(import.meta.dirname, '../../..'), 'cuda/predictions.md'), predictionsPage());
