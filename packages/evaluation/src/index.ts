export { bootstrapInterval, hierarchicalInterval, type Interval } from './bootstrap.js';
export { type Evaluation, type MetricName, metricNames, type RankedLists } from './contract.js';
export { evaluationDepth, metricsOf, ndcgAt, recallAt } from './metrics.js';
export { holm, pairedDifferences, pairedTTest, wilcoxonSignedRank } from './pairedTests.js';
export { evaluateRepresentations, type Representations, rankUsers, usersOf } from './rank.js';
