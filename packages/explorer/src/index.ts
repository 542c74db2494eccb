export { type Operation, paths } from './api/paths.js';
export type { ParamsOf, QueryOf, Reading, ReplyOf } from './api/routes.js';
export { Catalog, type EntityKind, type ItemCard, type UserCard } from './catalog/catalog.js';
export type { EntityKnowledge, Evidence, VersionLine } from './catalog/knowledge.js';
export { type GraphName, type Neighbour, type NeighbourList, Neighbours } from './catalog/neighbours.js';
export {
  type ClientSettings,
  type ExplorerClient,
  explorerClient,
  type InputOf,
  type Problem,
  RefusedRequest,
} from './client/client.js';
export { Explorer, type ExplorerRequest, type OpenData } from './open.js';
export { reasonsFor } from './recommend/reasons.js';
export type { Reasons, Recommendations, RecommendedItem } from './recommend/recommendations.js';
export { type RecommendationRequest, Recommender } from './recommend/recommender.js';
export { whySentences } from './recommend/whyText.js';
export { NotThere } from './refusals.js';
export { type ServedExplorer, type ServeRequest, serveExplorer } from './serve.js';
export { type ServeToolsRequest, serveTools } from './serveTools.js';
export { type Explanations, ModelExplanations, type PartOfScore, type SharedTerms } from './serving/explanations.js';
export type { OnPreparing, Preparation, PreparationTarget, PrepareElsewhere } from './serving/preparations.js';
export type { ServedRun, UserList } from './serving/servedRun.js';
export { type ComparedMetric, type ComparedSetting, compareRuns, type RunComparison } from './workspace/compareRuns.js';
export type { PreparedSummary } from './workspace/datasets.js';
export type { BuildState, MemoryFailures, MemorySummary } from './workspace/memories.js';
export type { ReportSummary } from './workspace/reports.js';
export type { CurvePoint, RunDetails, RunState, RunSummary } from './workspace/runTypes.js';
export { Workspace } from './workspace/workspace.js';
