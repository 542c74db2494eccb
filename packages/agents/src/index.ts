export { type AssembledKnowledge, type AssembleOptions, assembleKnowledge } from './assembleKnowledge.js';
export { type AuditReport, auditMemory } from './audit.js';
export { type BuildOptions, type BuildReport, buildKnowledge, type StageReport } from './buildKnowledge.js';
export { type CallCounts, contentCounts, fullContentCounts } from './callCounts.js';
export { requireContent } from './content.js';
export { ExtractiveReasoner } from './extractive/extractiveReasoner.js';
export { eachInFlight } from './inFlight.js';
export { type AgentOptions, type AnswerKeeper, Integrator, type Written } from './integrator.js';
export { knowledgeSnapshot } from './knowledgeSnapshot.js';
export { IMAGES_PER_PROMPT, type PictureLimit, pictureLimit } from './llm/question.js';
export { LlmReasoner, type LlmReasonerOptions } from './llmReasoner.js';
export { isEmpty, modalityTasks, noParts, shows } from './modality.js';
export { type Interaction, Neighbourhood } from './neighbourhood.js';
export { permuteKnowledge } from './permuteKnowledge.js';
export {
  type KnowledgePlan,
  type PlanCost,
  type PlanOptions,
  type PlanRow,
  planKnowledge,
} from './plan.js';
export { type PromptPreview, previewPrompts } from './previewPrompts.js';
export {
  type Answer,
  type AnswerRecord,
  type Call,
  type ItemView,
  type ModalityTask,
  PROMPT_NEIGHBOURS,
  type Reasoner,
  type RefinementInput,
  type RerankInput,
  type Spent,
  spentLine,
  type UpdateInput,
} from './reasoner.js';
export {
  coPurchaseList,
  type QualityOptions,
  reasonerQuality,
  sharedTraits,
  type TaskQuality,
} from './reasonerQuality.js';
export {
  candidateLists,
  fusedOrder,
  type RefinedGraph,
  type RefinementFailure,
  type RefineOptions,
  refineGraph,
} from './refineGraph.js';
export { RememberedReasoner } from './rememberedReasoner.js';
export { addRepairs, type RepairCounts, type RepairRule, repairRules, repairSentences } from './repairs.js';
export { type Candidate, type Refined, type Reranked, Utilizer } from './utilizer.js';
