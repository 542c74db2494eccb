/** Metrics of one ranking run. Per-user arrays are in the order of `userIds`. */
export interface Evaluation {
  /** users with at least one truth item, ascending, [n] */
  readonly userIds: Int32Array;
  /** `recall@10`, `recall@20`, `ndcg@10`, `ndcg@20`: the mean over users, unrounded */
  readonly metrics: Readonly<Record<MetricName, number>>;
  /** the same per user, [n] float64 */
  readonly perUser: Readonly<Record<MetricName, Float64Array>>;
  /** users without any training item among them */
  readonly coldUsers: number;
}

/** The metrics of every evaluation, in the order of tables. */
export const metricNames = ['recall@10', 'recall@20', 'ndcg@10', 'ndcg@20'] as const;
/** The name of a metric. */
export type MetricName = (typeof metricNames)[number];

/** How people read a metric, in every table, sentence and page. */
export const metricLabels: Readonly<Record<MetricName, string>> = {
  'recall@10': 'Recall@10',
  'recall@20': 'Recall@20',
  'ndcg@10': 'NDCG@10',
  'ndcg@20': 'NDCG@20',
};

/** Ranked lists: items [users * k] int32, -1 where a user has fewer than k rankable items; scores alike. */
export interface RankedLists {
  readonly userIds: Int32Array;
  readonly k: number;
  readonly items: Int32Array;
  readonly scores: Float32Array;
}
