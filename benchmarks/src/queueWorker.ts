// A worker of the suite `queue`, in a process of its own: node queueWorker.js REDIS IN_FLIGHT. Answers at once.
import { type Answer, type ItemView, type Reasoner, runReasonerWorker } from '@agentmmrec/agents';

const [url, inFlight] = process.argv.slice(2);

function answered<T>(value: T): Promise<Answer<T>> {
  return Promise.resolve({ value, record: { templates: [], inputTokens: 0, outputTokens: 0, repairs: [] } });
}

const reasoner: Reasoner = {
  name: 'at once',
  digest: 'at once',
  seesImages: false,
  concurrency: Number(inFlight),
  paid: true,
  prepare: async () => {},
  preference: (_task, user) => answered(`about ${user}`),
  property: (_task, { item }: ItemView) => answered(`about ${item}`),
  refine: () => answered([]),
  rerank: () => answered([]),
  updatePreference: ({ preferences }) => answered(preferences),
};

await runReasonerWorker({ queue: url, queueName: 'bench', makeReasoner: async () => reasoner });
