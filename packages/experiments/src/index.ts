export { type ComparisonName, compareOnDataset } from './compareOnDataset.js';
export { type ComparisonResult, renderComparison } from './comparisonTable.js';
export type { DemoRequest } from './demo/catalogRuns.js';
export { type DemoResult, runDemo } from './demo/demo.js';
export { demoText, writeDemoReport } from './demo/demoReport.js';
export * as demoRows from './demo/demoRows.js';
export { evaluationSeeds } from './demo/demoSetting.js';
export type { Experiment, ExperimentPlan, ExperimentRow, PlanContext } from './experiments/contract.js';
export { experiments, findExperiment } from './experiments/index.js';
export type { ExperimentResult } from './experiments/result.js';
export { type ExperimentRequest, ExperimentSession, type PlanForecast } from './experiments/runExperiment.js';
export type { KnowledgeUse } from './knowledgeBench.js';
export { sortScript } from './page/sortScript.js';
export { agentmmrec, nameOf, withoutKnowledge } from './recipes.js';
export { renderResult } from './report/plainForms.js';
export { remakeReports, writeReport } from './report/writeReport.js';
export { checkpointName, newestRun, type RunManifest, readRunManifest, writeRunManifest } from './runManifest.js';
export { type Metrics, type RunRecord, resultLine } from './runRecord.js';
export { KeptRuns } from './runs/keptRuns.js';
export { type OpenedRun, openRun } from './runs/openRun.js';
export { layMemory, performRun, type RunProgress } from './runs/performRun.js';
export { type CurveStart, isTraining, type RunCurve, readCurve } from './runs/runCurve.js';
export type { Launch, LaunchedRun } from './runs/runner.js';
export type { KnowledgeSource, PlannedRun, RunPlace, RunSpec } from './runs/runSpec.js';
export { RunStore } from './runs/runStore.js';
export { searchMethods } from './search/search.js';
export { differenceSentence, type PairedDifference, type RowSummary } from './statistics/comparison.js';
export {
  isAugmented,
  type Recipe,
  type RunSettings,
  Study,
  type StudyRequest,
  type TrainedRun,
} from './study.js';
