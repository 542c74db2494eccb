/** Where each question is asked; `:name` stands for an id. Apart from the schemas, so that a page needs none of those. */
export const paths = {
  status: '/api/status',
  listData: '/api/data',
  listRuns: '/api/runs',
  getRun: '/api/runs/:run',
  compareRuns: '/api/compare',
  listJobs: '/api/jobs',
  listKnowledge: '/api/knowledge',
  knowledgeFailures: '/api/knowledge/:memory/failures',
  listReports: '/api/reports',
  searchEntities: '/api/search',
  listUsers: '/api/users',
  getUser: '/api/users/:user',
  userKnowledge: '/api/users/:user/knowledge',
  userDifference: '/api/users/:user/difference',
  userNeighbours: '/api/users/:user/neighbours',
  listItems: '/api/items',
  getItem: '/api/items/:item',
  itemKnowledge: '/api/items/:item/knowledge',
  itemDifference: '/api/items/:item/difference',
  itemNeighbours: '/api/items/:item/neighbours',
  similarItems: '/api/items/:item/similar',
  recommend: '/api/recommend',
  explain: '/api/explain',
  graph: '/api/graph',
} as const;

/** A question by its name. */
export type Operation = keyof typeof paths;

/** Where a picture is. */
export function picturePath(item: string): string {
  return `/api/items/${encodeURIComponent(item)}/picture`;
}

/** Changes of runs and of knowledge, as server-sent events. */
export const eventsPath = '/api/events';
