import { choice, flag, integer, real } from '@agentmmrec/core';
import { presetOption } from '../contract/model.js';
import { featureRankOption } from '../parts/features/enteringFeatures.js';
import { diffusionOptions } from './rowDiffusion.js';

/** Defaults of its code. */
export const diffmmOptions = {
  preset: presetOption(['tiktok', 'baby', 'sports'], 'tiktok, baby, sports = as its code names for these data'),
  dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
  featureRank: featureRankOption('full'),
  layers: integer(1, { min: 0, max: 8, help: 'propagation layers after the modalities are joined' }),
  linear: flag(false, 'features are projected by a linear layer; off: by a matrix and LeakyReLU(.2)'),
  rebuiltWeight: real(0.2, { min: 0, help: 'weight of the ids over the rebuilt graphs' }),
  modalWeight: real(0.5, { min: 0, help: 'weight of the joined modalities beside the layers' }),
  k: integer(1, { min: 1, help: 'items that a user has in a rebuilt graph' }),
  edgeDropout: real(0.5, { min: 0, max: 0.99, help: 'part of a rebuilt graph’s entries left out' }),
  contrast: choice('modalities', ['modalities', 'main'], 'InfoNCE between views, or of each with the representation'),
  infonce: real(1e-2, { min: 0, help: 'weight of InfoNCE' }),
  temperature: real(0.5, { min: 1e-3, help: 'temperature of InfoNCE' }),
  l2: real(1e-5, { min: 0, help: 'weight of the squared norm of all ids' }),
  ...diffusionOptions,
} as const;

/** The settings that its code publishes by data set. */
export const diffmmPresets = {
  tiktok: { linear: true, contrast: 'main', l2: 1e-4 },
  baby: { infonce: 0.1, contentWeight: 0.01, edgeDropout: 0 },
  sports: { linear: true, l2: 1e-6, temperature: 0.1, modalWeight: 0.1, contentWeight: 0.5, edgeDropout: 0 },
} as const;
