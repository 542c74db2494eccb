import { flag, integer, real } from '@agentmmrec/core';
import { featureRankOption } from '../parts/features/enteringFeatures.js';
import { criticOptions } from './interactionCritic.js';

/** As the source's code has them, but for `attention`. */
export const mmsslOptions = {
  dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
  featureRank: featureRankOption('full'),
  layers: integer(2, {
    min: 1,
    max: 8,
    help: 'propagation layers over the user-item graph, the last with a softmax',
  }),
  heads: integer(4, { min: 1, help: 'heads of the attention between views; they divide the dimensions' }),
  attention: flag(true, 'views weigh each other; off: each view by itself, as in the code'),
  idWeight: real(0.36, { min: 0, help: 'weight of the attended views beside the ids' }),
  featureWeight: real(0.55, { min: 0, help: 'weight of each modality’s content beside the layers' }),
  graphShare: real(1e-4, { min: 0, max: 1, help: 'part of the items that a user has in a view’s graph, at least 1' }),
  dropout: real(0.2, { min: 0, max: 0.99, help: 'part of the projected features dropped' }),
  infonce: real(0.03, { min: 0, help: 'weight of InfoNCE between views and representation' }),
  temperature: real(0.5, { min: 1e-3, help: 'temperature of InfoNCE' }),
  l2: real(1e-5, { min: 0, help: 'weight of half the squared norm of the batch’s rows, by triple' }),
  featureL2: real(1e-5, { min: 0, help: 'weight of half the squared norm of all content, by item' }),
  weightDecay: real(0.01, { min: 0, help: 'decoupled weight decay of all parameters but the critic’s' }),
  adversarial: flag(true, 'with the critic; off: without the adversarial part'),
  adversarialWeight: real(1e-4, { min: 0, help: 'weight of what the critic says of the content' }),
  ...criticOptions,
} as const;
