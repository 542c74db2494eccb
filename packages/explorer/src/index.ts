export { NotThere } from './refusals.js';
export { type ComparedMetric, type ComparedSetting, compareRuns, type RunComparison } from './workspace/compareRuns.js';
export type { PreparedSummary } from './workspace/datasets.js';
export type { BuildState, MemoryFailures, MemorySummary } from './workspace/memories.js';
export type { ReportSummary } from './workspace/reports.js';
export type { CurvePoint, RunDetails, RunState, RunSummary } from './workspace/runTypes.js';
export { Workspace } from './workspace/workspace.js';
