import type { Ints } from '@agentmmrec/kernels';
import { missingContent } from '../contract/contentErrors.js';
import type { Represented } from '../contract/data.js';
import type { ModelContext } from '../contract/model.js';
import type { Enhancement } from '../contract/recommender.js';
import { type Convolution, convolution } from '../parts/graphs/convolution.js';
import { scoresWithGraphs } from './scoresWithGraphs.js';

/**
 * The graphs of the knowledge on top of whatever represents a model's users and items, in training and in ranking: users
 * E + bmu E, items E + bmi E, one layer each as in eq. 17 and 18 of the AgentMMRec paper (its Table 2). The graph of refined items is
 * the Utilizer's own and is not part of it. Rows aggregate their own list.
 * @throws AmrError input without knowledge, or knowledge without both graphs
 */
export function knowledgeGraphs({ device, data, remark }: ModelContext): Enhancement {
  const { bmu = null, bmi = null } = data.knowledge ?? {};
  if (!bmu && !bmi) throw missingContent('--plus graph', 'no knowledge with a graph of users or items');
  if (!bmu) remark('no graph of users of like preferences (bmu): there is no knowledge for it');
  if (!bmi) remark('no graph of items of like properties (bmi): there is no knowledge for it');
  const own = { orientation: 'own', weight: 1 } as const;
  const graphs: Represented<Convolution | null> = {
    users: bmu && convolution(device, bmu, { name: 'users', count: data.users }, own),
    items: bmi && convolution(device, bmi, { name: 'items', count: data.items }, own),
  };
  return {
    rows: (tape, { users, items }, batch, plain) => {
      const item = (ids: Ints, row: typeof plain.user) => graphs.items?.addRows(tape, items, ids, row) ?? row;
      return {
        user: graphs.users?.addRows(tape, users, batch.users, plain.user) ?? plain.user,
        positive: item(batch.positives, plain.positive),
        negative: item(batch.negatives, plain.negative),
      };
    },
    whole: (tape, { users, items }) => ({
      users: graphs.users?.addWhole(tape, users, users) ?? users,
      items: graphs.items?.addWhole(tape, items, items) ?? items,
    }),
    scores: (plain) => scoresWithGraphs(device, plain, { users: bmu, items: bmi }),
  };
}
