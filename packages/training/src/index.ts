export {
  type Checkpoint,
  type EpochRecord,
  type RunIdentity,
  type RunPosition,
  readCheckpoint,
  type Values,
  writeCheckpoint,
} from './checkpoint.js';
export { feedbackFold, feedbackUsers } from './feedbackFold.js';
export type { FeedbackReport } from './feedbackReport.js';
export { type RerankOptions, reranker, rerankLists } from './feedbackRerank.js';
export { type FeedbackOptions, feedbackRounds } from './feedbackRounds.js';
export { beginFeedbackRun, type FeedbackRun } from './feedbackRun.js';
export { type FinalEvaluation, finalEvaluation } from './finalEvaluation.js';
export type { FeedbackContext, FeedbackHook, RerankedLists, RerankHook, RerankReport } from './hooks.js';
export { checkIdentity, knowledgeIdentity, type TrainableData } from './runIdentity.js';
export { TripleSampler } from './sampler.js';
export { evaluateOnValidation, type TrainCall } from './trainCall.js';
export { loadTrainedModel, type Recommendation, recommend, type TrainedModel } from './trainedModel.js';
export { type TrainingResult, trainModel } from './trainModel.js';
export { readTrainOptions, type TrainOptions } from './trainOptions.js';
