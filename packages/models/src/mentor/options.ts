import { integer, type OptionValues, real } from '@agentmmrec/core';
import { l2MeanOption } from '../parts/losses/regulariser.js';

/** As the source's code has them. */
export const mentorOptions = {
  dimensions: integer(64, { min: 1, help: 'width of an embedding in each modality' }),
  itemLayers: integer(1, { min: 1, max: 8, help: 'propagation layers over the item graph' }),
  k: integer(10, { min: 1, help: 'neighbours of an item in a modality, itself among them' }),
  imageWeight: real(0.1, { min: 0, max: 1, help: 'weight of the image graph; the others share the rest' }),
  alignment: real(0.1, { min: 0, help: 'weight of the distances between representation and guides' }),
  infonce: real(1e-3, { min: 0, help: 'weight of InfoNCE between the noisy representations' }),
  temperature: real(0.2, { min: 1e-3, help: 'temperature of InfoNCE' }),
  featureMask: real(0, { min: 0, help: 'weight of the loss of masked features' }),
  dropout: real(0.5, {
    min: 0,
    max: 0.99,
    help: 'part of the representation that the loss of masked features hides',
  }),
  l2: l2MeanOption(1e-3),
} as const;

export type MentorOptions = OptionValues<typeof mentorOptions>;
