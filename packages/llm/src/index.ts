export { DEFAULT_RETRIES, type RetryPolicy } from './backOff.js';
export { type BreakerPolicy, DEFAULT_BREAKER } from './breaker.js';
export { Budget, type BudgetLimits, type Prices } from './budget.js';
export { type Clock, systemClock } from './clock.js';
export { connectLlm } from './connectLlm.js';
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
} from './contract.js';
export { dataText } from './dataText.js';
export { type BoundedImage, boundImage, type UnusableImage } from './images.js';
export { LlmError, type LlmFault } from './llmError.js';
export { createOllama, DEFAULT_OLLAMA_MODEL, type OllamaOptions } from './ollama.js';
export { createOpenAi, type OpenAiOptions } from './openai.js';
export {
  checkPrompts,
  type PromptCatalog,
  type PromptProblem,
  promptCatalog,
  promptDirectory,
} from './promptCatalog.js';
export {
  type PromptTask,
  type PromptTaskName,
  promptTaskNames,
  promptTasks,
  type VariableKind,
} from './promptTasks.js';
export { DEFAULT_FAMILY, type PromptBudget, type PromptTemplate, parseTemplate } from './promptTemplate.js';
export { createRecorded, recordInto } from './recorded.js';
export { type DataRow, fillPrompt, type PromptValue, type RenderedPrompt, renderPrompt } from './renderPrompt.js';
export { type MeasuredRate, type RecordedFailure, ResponseCache } from './responseCache.js';
export type { ClientOptions } from './robustClient.js';
export { ANY_IMAGE, requireImage } from './shownImages.js';
export { estimateTokens, IMAGE_TOKENS } from './tokens.js';
