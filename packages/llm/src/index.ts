export { connectLlm } from './connectLlm.js';
export type { Clock } from './contract/clock.js';
export type {
  AnswerSchema,
  ClientTotals,
  GenerateRequest,
  GenerateResult,
  LlmClient,
  LlmServer,
  ModelIdentity,
  Part,
  Sampling,
  Usage,
  WireAnswer,
  WireImage,
  WireRequest,
  WireTurn,
} from './contract/contract.js';
export { LlmError, type LlmFault } from './contract/llmError.js';
export { estimateTokens, IMAGE_TOKENS, pictureTokens } from './contract/tokens.js';
export { ANY_IMAGE, requireImage } from './images/shownImages.js';
export { titlesShown } from './prompts/dataSection.js';
export { dataText } from './prompts/dataText.js';
export {
  checkPrompts,
  type PromptCatalog,
  type PromptProblem,
  promptCatalog,
  promptDirectory,
} from './prompts/promptCatalog.js';
export {
  augmentationTaskNames,
  knowledgeTaskNames,
  type PromptTask,
  type PromptTaskName,
  promptTaskNames,
  type VariableKind,
} from './prompts/promptTasks.js';
export { DEFAULT_FAMILY, type PromptBudget, type PromptTemplate } from './prompts/promptTemplate.js';
export {
  type DataRow,
  fillPrompt,
  type PromptValue,
  type RenderedPrompt,
  renderPrompt,
} from './prompts/renderPrompt.js';
export type { RetryPolicy } from './robustness/backOff.js';
export type { BreakerPolicy } from './robustness/breaker.js';
export { Budget, type BudgetLimits, type Prices } from './robustness/budget.js';
export { budgetOf, type ClientValues, clientSchema, limitsOf, pricesOf } from './robustness/clientOptions.js';
export { type MeasuredRate, type RecordedFailure, ResponseCache } from './robustness/responseCache.js';
export type { ClientOptions } from './robustness/robustClient.js';
export { llmServerNames, llmServerSchema, llmServers, openServers } from './servers/index.js';
export { createOllama, type OllamaOptions } from './servers/ollama.js';
export { createOpenAi, type OpenAiOptions } from './servers/openai.js';
export { createRecorded, recordInto } from './servers/recorded.js';
export type { LlmServerKind, ServerSurroundings } from './servers/serverKind.js';
