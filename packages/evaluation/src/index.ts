export { bootstrapInterval, hierarchicalInterval, type Interval } from './bootstrap.js';
export { type Evaluation, type MetricName, metricLabels, metricNames, type RankedLists } from './contract.js';
export { Evaluator, evaluateRanking } from './evaluator.js';
export { evaluationDepth, metricsOf, ndcgAt, recallAt } from './metrics.js';
export { holm, pairedDifferences, pairedTTest, wilcoxonSignedRank } from './pairedTests.js';
export {
  type BlockScores,
  type Ranking,
  type Representations,
  rankUsers,
  rankUsersByTurns,
  usersOf,
} from './rank.js';
