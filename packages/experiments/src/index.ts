export { type ComparisonResult, renderComparison } from './comparisonTable.js';
export { type ComparisonName, compareOnDataset, comparisonNames, type DatasetComparison } from './datasetComparison.js';
export { type DemoRequest, type DemoResult, runDemo } from './demo/demo.js';
export { demoPage, demoText } from './demo/demoReport.js';
export * as demoRows from './demo/demoRows.js';
export { developmentSeeds, evaluationSeeds } from './demo/demoSetting.js';
export { experimentPage } from './experiments/experimentPage.js';
export { type Experiment, experiments, findExperiment } from './experiments/index.js';
export type { KnowledgeUse } from './knowledgeBench.js';
export { makeReasoner, reasonerNames } from './reasoners.js';
export { checkpointName, newestRun, type RunManifest, readRunManifest, writeRunManifest } from './runManifest.js';
export { type Metrics, type RunRecord, resultLine } from './runRecord.js';
export { differenceSentence, type PairedDifference, type RowSummary } from './statistics/comparison.js';
export {
  type Recipe,
  type RunSettings,
  Study,
  type StudyRequest,
  type TrainedRun,
} from './study.js';
export { textTable } from './textTable.js';
