import { join } from 'node:path';
import { silentLog } from '@agentmmrec/core';
import {
  buildInteractions,
  type ItemContent,
  loadDataset,
  synthesizeCatalog,
  type TrainingData,
} from '@agentmmrec/datasets';

const titles = [
  'Stoneware mug, blue glaze',
  'Steel water bottle, 750 ml',
  'Wool hiking socks',
  'Blue enamel camping mug',
];

/** Paths of a few real pictures. */
export async function somePictures(folder: string): Promise<string[]> {
  const catalog = join(folder, 'pictures');
  await synthesizeCatalog({ users: 5, items: 20, imageSize: 64, seed: 3, folder: catalog, log: silentLog });
  const { training } = await loadDataset(catalog, { workspace: folder, splitSeed: 1, log: silentLog });
  return (training.content ?? []).flatMap(({ imagePath }) => imagePath ?? []);
}

type Shop = TrainingData & { readonly content: readonly ItemContent[] };

/** A shop of `items` and as many users, each of whom bought two of them. @param pictures of its items, in order; none: texts alone */
export function shop(items: number, pictures: readonly string[] = []): Shop {
  const content = titles.slice(0, items).map((title, at) => ({
    title,
    brand: 'Northfield',
    categories: ['Outdoor', 'Camping'],
    description: `${title} for days outside. Made to last.`,
    imagePath: pictures[at] ?? null,
  }));
  const numbers = Array.from({ length: items }, (_, at) => at);
  const train = buildInteractions(items, items, {
    userIds: Int32Array.from(numbers.flatMap((user) => [user, user])),
    itemIds: Int32Array.from(numbers.flatMap((user) => [user, (user + 1) % items])),
  });
  const ids = { userIds: numbers.map((user) => `u${user}`), itemIds: numbers.map((item) => `i${item}`) };
  return { name: 'live', users: items, items, ...ids, train, content, features: [], fingerprint: 'live' };
}
