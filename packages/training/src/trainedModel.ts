import { RandomStreams } from '@agentmmrec/core';
import type { Interactions } from '@agentmmrec/datasets';
import { rankUsers } from '@agentmmrec/evaluation';
import type { Device } from '@agentmmrec/kernels';
import { type BuiltModel, buildModel, type Model } from '@agentmmrec/models';
import { type Checkpoint, readCheckpoint } from './checkpoint.js';
import { checkIdentity, knowledgeIdentity, type TrainableData } from './runIdentity.js';
import { restoreValues } from './tensorValues.js';

/** A model as a run left it, with the checkpoint it came from. */
export interface TrainedModel {
  readonly model: BuiltModel;
  readonly checkpoint: Checkpoint;
}

/**
 * Builds the model of a checkpoint on its data and puts the best parameters in (the last ones where the run did not select).
 * @param call.findModel the record of models, e.g. `findModel` of the models package
 * @param call.data the data and knowledge the run was made with
 * @throws AmrError input: no checkpoint, a damaged one, an unknown model, other data or other knowledge
 */
export function loadTrainedModel(call: {
  checkpointPath: string;
  findModel: (name: string) => Model;
  data: TrainableData;
  device: Device;
}): TrainedModel {
  const { checkpointPath, data, device } = call;
  const checkpoint = readCheckpoint(checkpointPath);
  const { identity } = checkpoint;
  checkIdentity(checkpointPath, identity, {
    data: data.name,
    fingerprint: data.fingerprint,
    ...knowledgeIdentity(data),
    encoders: data.encoders,
  });
  const random = new RandomStreams(identity.seed);
  const model = buildModel(
    call.findModel(identity.model),
    { data, device, random, precision: identity.precision },
    identity.options,
  );
  const selected = checkpoint.bestEpoch !== null;
  restoreValues(device, model, {
    parameters: selected ? checkpoint.bestParameters : checkpoint.parameters,
    state: selected ? checkpoint.bestState : checkpoint.state,
  });
  return { model, checkpoint };
}

/** An item for a user and its score by the model. */
export interface Recommendation {
  readonly item: number;
  readonly score: number;
}

/**
 * The k best items for one user among those not in training, best first; fewer where fewer remain.
 * @param call.user dense id of the data set
 * @throws AmrError input: a user the data set does not have
 */
export function recommend(call: {
  model: BuiltModel;
  device: Device;
  train: Interactions;
  user: number;
  k: number;
}): Recommendation[] {
  const { model, device, train, user, k } = call;
  const { items, scores } = rankUsers({
    device,
    ranking: model.ranking(),
    mask: train,
    userIds: Int32Array.of(user),
    k,
  });
  return Array.from(items, (item, at) => ({ item, score: scores[at] })).filter(({ item }) => item >= 0);
}
