import { findPublishedCounts } from '@agentmmrec/datasets';
import type { DataFacts } from '../execution/result.js';

/** Public data that no list of published counts has. */
const further = [{ name: 'tiktok', title: 'TikTok', users: 9308, items: 6710 }];

/** How a heading names the data: a public data set by its title, any other as the person named it. */
export function dataTitle({ name, users, items }: Pick<DataFacts, 'name' | 'users' | 'items'>): string {
  const same = (known?: { readonly users: number; readonly items: number }) =>
    known?.users === users && known.items === items;
  const published = findPublishedCounts(name);
  if (published && same(published)) return published.dataset;
  return further.find((one) => one.name === name.toLowerCase() && same(one))?.title ?? name;
}
