import { choice, flag, integer, type OptionValues, real } from '@agentmmrec/core';

/** Options of `agentmmrec`; the defaults and why they are so: docs/method.md#recommender. */
export const agentmmrecOptions = {
  preset: choice(
    'default',
    ['default', 'paper'],
    'paper = no id block, sum readout, features as they came; options given besides win',
  ),
  dimensions: integer(64, { min: 1, help: 'width of each block' }),
  hidden: integer(256, { min: 1, help: 'hidden width of the projections' }),
  layers: integer(3, { min: 0, max: 8, help: 'propagation layers over the user-item graph' }),
  idBlock: flag(true, 'a trainable block for users and items beside the modalities'),
  readout: choice('mean', ['mean', 'sum'], 'how the layers are joined; sum is the letter of eq. 16'),
  norm: choice(
    'symmetric',
    ['symmetric', 'mean'],
    'edge weights: 1/sqrt(|N(u)||N(i)|), or 1/(|N(u)||N(i)|), the letter of eq. 15',
  ),
  featureScale: choice(
    'standard',
    ['standard', 'none'],
    'item features with columns of mean 0 and variance 1, in the blocks and the raw graphs; or as they came',
  ),
  blockNormalize: flag(false, 'rows of each block to unit length before propagation'),
  k: integer(10, { min: 1, help: 'neighbours a row in the raw item graphs' }),
  self: choice('include', ['include', 'exclude'], 'whether an item may be its own neighbour in the raw graphs'),
  orientation: choice(
    'own',
    ['own', 'transpose', 'symmetric'],
    'which edges a row aggregates; transpose is the letter of eq. 17, 18',
  ),
  rawGraphWeightVisual: real(0.1, {
    min: 0,
    max: 1,
    help: 'weight of the image graph among the raw graphs that stand in for rti',
  }),
  useBmu: flag(true, 'the user graph from preferences'),
  useBmi: flag(true, 'the item graph from properties'),
  useRti: flag(true, 'the refined item graph; off: the raw graphs stand in'),
  useRaw: flag(true, 'raw graphs where there is no refined one'),
  rebuildGraphs: flag(
    false,
    'build the bmu graph anew where feedback replaces preferences; off: graphs stay, as in the paper',
  ),
  l2: real(1e-3, { min: 0, help: 'weight of the regulariser: mean square of the batch rows of each trainable block' }),
  infonce: real(0, { min: 0, help: 'weight of InfoNCE between the modality blocks of the batch items' }),
  temperature: real(0.2, { min: 1e-3, help: 'temperature of InfoNCE' }),
  alignment: real(0, { min: 0, help: 'weight of the distance of means and variances between the modality blocks' }),
} as const;

export type AgentmmrecOptions = OptionValues<typeof agentmmrecOptions>;

/** What each preset changes. */
export const agentmmrecPresets = {
  default: {},
  paper: { idBlock: false, readout: 'sum', featureScale: 'none' },
} as const;
