import { choice, flag, integer, type OptionValues, real } from '@agentmmrec/core';
import { IMAGE_WEIGHT } from '@agentmmrec/graphs';
import { featureRankOption } from '../parts/features/enteringFeatures.js';
import { fewSteps } from '../parts/fewSteps.js';

/** Options of `agentmmrec`; the defaults and why they are so: docs/method.md#recommender. */
export const agentmmrecOptions = {
  preset: choice(
    'default',
    ['default', 'paper', 'dense', 'sparse', 'fast'],
    'paper = projected blocks without ids, three layers, sum readout, BPR, features as they came; dense = what validation chose on MovieLens, with many interactions an item: softmax, co-purchases, linear scores; sparse = what it chose on TikTok, with few interactions a user: 128 columns, l2 .01; fast = few large steps an epoch, validated seldom; options given besides win',
  ),
  dimensions: integer(64, { min: 1, help: 'width of each block' }),
  hidden: integer(256, { min: 1, help: 'hidden width of the projections' }),
  layers: integer(4, { min: 0, max: 8, help: 'propagation layers over the user-item graph' }),
  modalities: choice(
    'views',
    ['views', 'blocks'],
    'how features enter: as side views of the ids over item graphs, or as projected blocks beside the ids (the paper)',
  ),
  viewAlignment: real(3e-3, {
    min: 0,
    help: 'weight of InfoNCE between the side views and the propagated ids of the users and items of the batch',
  }),
  alignmentRows: integer(0, { min: 0, help: 'triples of a batch that its alignment is over at most; 0 = all' }),
  coPurchases: integer(0, {
    min: 0,
    max: 1000,
    help: 'a side view over this many items bought together with each; 0 = none',
  }),
  coldItems: choice(
    'ids',
    ['ids', 'content'],
    'what stands for the ids of items without interactions in ranking: the ids as they were drawn, or their side view, for data whose truth is among such items',
  ),
  edgeDropout: real(0, {
    min: 0,
    max: 0.99,
    help: 'part of the user-item edges that an epoch goes without, those of popular items and busy users rather',
  }),
  linearWeight: real(0, {
    min: 0,
    help: 'weight in ranking of the scores of a linear item-item model of the same interactions; 0 = none',
  }),
  linearContent: real(0, {
    min: 0,
    help: 'how much features and knowledge of the items count beside interactions in the linear scores; 0 = not at all',
  }),
  linearRank: integer(256, { min: 1, max: 4096, help: 'columns of the linear scores' }),
  linearL2: real(300, { min: 1e-6, help: 'ridge of the linear scores' }),
  loss: choice('bpr', ['bpr', 'softmax'], 'pairs (eq. 19), or cross entropy of each positive against all items'),
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
  featureRank: featureRankOption('auto'),
  blockNormalize: flag(false, 'rows of each block to unit length before propagation'),
  k: integer(10, { min: 1, help: 'neighbours a row in the raw item graphs' }),
  self: choice(
    'as-built',
    ['include', 'exclude', 'as-built'],
    'whether nodes are among their own neighbours, in every graph; as-built: in graphs of cosines they are, in refined lists not',
  ),
  orientation: choice(
    'own',
    ['own', 'transpose', 'symmetric'],
    'which edges a row aggregates; transpose is the letter of eq. 17, 18',
  ),
  rawGraphWeightVisual: real(IMAGE_WEIGHT, {
    min: 0,
    max: 1,
    help: 'weight of the image graph among the raw graphs that stand in for the refined item graph (rti)',
  }),
  useBmu: flag(true, 'the user graph from preferences'),
  useBmi: flag(true, 'the item graph from properties'),
  useRti: flag(true, 'the refined item graph; off: the raw graphs stand in'),
  useRaw: flag(true, 'raw graphs where there is no refined one'),
  weightBmu: real(1, { min: 0, help: 'weight of the user graph from preferences in eq. 17' }),
  weightBmi: real(1, { min: 0, help: 'weight of the item graph from properties in eq. 18' }),
  weightRti: real(1, {
    min: 0,
    help: 'weight of the refined item graph, or of the raw graphs in its place, in eq. 18',
  }),
  coPurchasers: integer(0, {
    min: 0,
    max: 1000,
    help: 'a user graph of this many users with most training items in common with each, beside bmu; 0 = none',
  }),
  weightCoPurchasers: real(1, { min: 0, help: 'weight of the user graph of common training items in eq. 17' }),
  graphWeights: choice(
    'fixed',
    ['fixed', 'learned'],
    'learned: the weights of the graphs of users, of items and of the side views times their number and a trained softmax over them',
  ),
  rebuildGraphs: flag(
    false,
    'build the bmu graph anew where feedback replaces preferences; off: graphs stay, as in the paper',
  ),
  l2: real(1e-3, { min: 0, help: 'weight of the regulariser: mean square of the batch rows of each trainable block' }),
  projectionL2: real(0, { min: 0, help: 'weight of the squared norm of the weights of all projections and gates' }),
  infonce: real(0, { min: 0, help: 'weight of InfoNCE between the modality blocks of the batch items' }),
  temperature: real(0.2, { min: 1e-3, help: 'temperature of every InfoNCE' }),
  alignment: real(0, { min: 0, help: 'weight of the distance of means and variances between the modality blocks' }),
} as const;

export type AgentmmrecOptions = OptionValues<typeof agentmmrecOptions>;

/** What each preset changes. */
export const agentmmrecPresets = {
  default: {},
  // what a batch of 2,048 has: that of sixteen steps may be many times larger, and its pairs grow with the square
  fast: { learningRate: 2e-3, alignmentRows: 2048, training: fewSteps },
  dense: { loss: 'softmax', coPurchases: 20, linearWeight: 20, linearContent: 5, linearRank: 384 },
  sparse: { dimensions: 128, l2: 0.01 },
  paper: {
    modalities: 'blocks',
    layers: 3,
    idBlock: false,
    readout: 'sum',
    featureScale: 'none',
    featureRank: 'full',
    loss: 'bpr',
    coPurchases: 0,
    coldItems: 'ids',
    edgeDropout: 0,
    self: 'as-built',
    linearWeight: 0,
    linearContent: 0,
    projectionL2: 0,
    graphWeights: 'fixed',
    coPurchasers: 0,
  },
} as const;
