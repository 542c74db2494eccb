export {
  type Checkpoint,
  type CheckpointFacts,
  type EpochRecord,
  type RunIdentity,
  type RunPosition,
  readCheckpoint,
  readCheckpointFacts,
  type Values,
  writeCheckpoint,
} from './checkpoint.js';
export { EpochBatches } from './epochBatches.js';
export { EpochSteps } from './epochSteps.js';
export { type AcceptedRewrite, acceptedRewrites } from './feedback/acceptedRewrites.js';
export { type FeedbackFolds, feedbackFolds, withoutFolds } from './feedback/feedbackFold.js';
export { type FeedbackValues, feedbackOptions, type RerankValues, rerankOptions } from './feedback/feedbackOptions.js';
export type { FeedbackReport } from './feedback/feedbackReport.js';
export { type FeedbackOptions, feedbackRounds } from './feedback/feedbackRounds.js';
export { beginFeedbackRun, type FeedbackRun } from './feedback/feedbackRun.js';
export { type RerankOptions, reranker, rerankLists } from './feedback/rerankLists.js';
export { chooseRerankWeight, type RerankChoice, withWeight } from './feedback/rerankWeight.js';
export { type FinalEvaluation, finalEvaluation } from './finalEvaluation.js';
export type { FeedbackContext, FeedbackHook, RerankedLists, RerankHook, RerankReport } from './hooks.js';
export type { TrainableData } from './runIdentity.js';
export { type CountedBatch, TripleSampler } from './sampler.js';
export type { TrainCall } from './trainCall.js';
export { loadTrainedModel, type Recommendation, recommend, type TrainedModel } from './trainedModel.js';
export { type TrainingResult, trainModel } from './trainModel.js';
export { readTrainOptions, type TrainOptions, trainingOptions } from './trainOptions.js';
