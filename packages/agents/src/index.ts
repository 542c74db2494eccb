export { type AssembleOptions, assembleKnowledge, requireNeighbours } from './assembled/assembleKnowledge.js';
export { embedEntries } from './assembled/embedEntries.js';
export {
  type AugmentedGraph,
  type AugmentOptions,
  type AugmentStage,
  augmentGraph,
} from './augmentation/augmentGraph.js';
export { durationText, type Estimate, estimateText, scaled } from './calls/estimate.js';
export { type CallRun, counting, runCalls } from './calls/runCalls.js';
export { ExtractiveReasoner } from './extractive/extractiveReasoner.js';
export { hasLooks, withLookWords } from './extractive/lookWords.js';
export { legibleParts, legibleTerm, readTerms } from './extractive/weightedText.js';
export { type BuildOptions, type BuildReport, buildKnowledge, type StageReport } from './integrator/buildKnowledge.js';
export { type AgentOptions, type AnswerKeeper, Integrator, type WrittenEntry } from './integrator/integrator.js';
export {
  assemblyOptions,
  type KnowledgeValues,
  knowledgeOptions,
  type PromptSampling,
  promptOptions,
} from './knowledgeOptions.js';
export { LlmReasoner, type LlmReasonerOptions, llmReasonerSchema } from './llm/llmReasoner.js';
export { IMAGES_PER_PROMPT, type PictureLimit, pictureLimit, picturesAsked } from './llm/question.js';
export {
  type CallCounts,
  contentCounts,
  type FeedbackSize,
  feedbackCalls,
  fullContentCounts,
  stoppableContentCounts,
} from './plan/callCounts.js';
export { type Pilot, type PilotOptions, runPilot, type TaskPilot } from './plan/pilot.js';
export { type MeasuredCost, type MeasuredPlan, measuredPlan } from './plan/pilotCost.js';
export {
  type KnowledgePlan,
  type PlanCost,
  type PlanOptions,
  type PlanRow,
  planKnowledge,
} from './plan/plan.js';
export { type PromptPreview, previewPrompts } from './plan/previewPrompts.js';
export { type DoWork, runNamedWork, type WorkEnd, WorkQueue } from './queue/namedWork.js';
export { QueuedReasoner, type QueueOptions } from './queue/queuedReasoner.js';
export { queueSchema } from './queue/queueSchema.js';
export { runReasonerWorker, type WorkerOptions } from './queue/reasonerWorker.js';
export { makeReasoner, reasonerNames } from './reasoners.js';
export { answerLines } from './reasoning/answerLines.js';
export { requireContent } from './reasoning/content.js';
export { wordsOf } from './reasoning/copies.js';
export { debrisOf, groundingOf } from './reasoning/debris.js';
export { isEmpty, modalityTasks, noParts, shows } from './reasoning/modality.js';
export { type Interaction, Neighbourhood } from './reasoning/neighbourhood.js';
export {
  type Answer,
  type AnswerRecord,
  type Augmenter,
  type Call,
  type CallSpending,
  type EdgesInput,
  type ItemAttributes,
  type ItemView,
  type ModalityTask,
  PROMPT_NEIGHBOURS,
  type Reasoner,
  type RefinementInput,
  type RerankInput,
  spentLine,
  type TaskAnswers,
  type UpdateInput,
} from './reasoning/reasoner.js';
export { addRepairs, type RepairCounts, type RepairRule, repairRules, repairSentences } from './reasoning/repairs.js';
export { type AuditReport, auditMemory } from './remembered/audit.js';
export { knowledgeSnapshot } from './remembered/knowledgeSnapshot.js';
export { readingReasoner } from './remembered/readingReasoner.js';
export { RememberedReasoner } from './remembered/rememberedReasoner.js';
export { weaknessesOf } from './remembered/weakEntries.js';
export { type RefinedItem, refinedItem } from './utilizer/refinedItem.js';
export {
  type RefinedGraph,
  type RefinementFailure,
  type RefineOptions,
  refineGraph,
} from './utilizer/refineGraph.js';
export { type Candidate, type Refined, type Reranked, Utilizer } from './utilizer/utilizer.js';
