import { choice, integer, type OptionValues, real } from '@agentmmrec/core';

const weight = (value: number, help: string) => real(value, { min: 0, help });

/** As the source's code has them (docs/method.md#llmrec). */
export const llmrecOptions = {
  dimensions: integer(64, { min: 1, help: 'width of an embedding' }),
  layers: integer(2, { min: 1, max: 8, help: 'propagation layers of the ids, the last with a softmax' }),
  featureWeight: weight(0.02, 'weight of the propagated features of each modality'),
  profileWeight: weight(2.8, 'weight of the propagated profiles of users'),
  attributeWeight: weight(0.005, 'weight of each propagated attribute of items'),
  augmented: real(0.1, { min: 0, max: 1, help: 'added edges in a batch, as a part of it' }),
  pruned: real(0.71, { min: 0, max: 0.99, help: 'part of the triples that each loss leaves out' }),
  kept: choice(
    'largest',
    ['largest', 'smallest'],
    'the losses that stay: the largest as in the source’s code, or the smallest as in its paper',
  ),
  modalityLoss: weight(1e-4, 'weight of the losses of the propagated features'),
  augmentationLoss: weight(0.012, 'weight of the losses of profiles and attributes'),
  restoration: weight(0, 'weight of the loss of masked profiles and attributes; off as in the source'),
  masked: real(0.1, {
    min: 0,
    max: 1,
    help: 'part of the users and of the items whose knowledge is masked, for restoration',
  }),
  l2: weight(1e-5, 'weight of the squared L2 norm of the batch rows over twice the batch size'),
  featureL2: weight(1e-5, 'weight of half the squared norm of all propagated features, by item'),
  weightDecay: weight(0.01, 'decoupled weight decay'),
  dropout: real(0, { min: 0, max: 0.99, help: 'part of the projections that is dropped' }),
} as const;

export type LlmrecOptions = OptionValues<typeof llmrecOptions>;
