import { imageTypeOfFile } from '@agentmmrec/core';
import { type Dataset, type Interactions, itemsOf, type TrainingData } from '@agentmmrec/datasets';
import { notThere } from '../refusals.js';

/** An item as a list shows it. Ids are the data set's own. */
export interface ItemCard {
  readonly id: string;
  readonly title: string;
  readonly brand: string;
  readonly categories: readonly string[];
  readonly hasPicture: boolean;
  /** users who have it in training */
  readonly buyers: number;
}

/** A user as a list shows it. */
export interface UserCard {
  readonly id: string;
  /** items in training */
  readonly items: number;
}

/** What has knowledge and neighbours. */
export type EntityKind = 'user' | 'item';

/** Types of pictures that browsers show. */
const shown = {
  jpg: 'image/jpeg',
  png: 'image/png',
  gif: 'image/gif',
  webp: 'image/webp',
  avif: 'image/avif',
} as const;

/** The training side of a data set by the data set's own ids. Validation and test interactions cannot be reached from here. */
export class Catalog {
  readonly training: TrainingData;
  private readonly places: Readonly<Record<EntityKind, ReadonlyMap<string, number>>>;
  private readonly buyers: Interactions;
  private lowered: Readonly<Record<EntityKind, readonly string[]>> | null = null;

  constructor(readonly dataset: Dataset) {
    this.training = dataset.training;
    const { userIds, itemIds, train } = this.training;
    this.places = { user: placesOf(userIds), item: placesOf(itemIds) };
    this.buyers = transposed(train);
  }

  /** Dense id of a user or an item. @throws NotThere */
  place(kind: EntityKind, id: string): number {
    const found = this.places[kind].get(id);
    if (found !== undefined) return found;
    const known = kind === 'user' ? this.training.userIds : this.training.itemIds;
    throw notThere(kind, id, known, `ids are the data set's own; some ${kind}s may have been dropped by k-core`);
  }

  /** The data set's own id of a dense one. */
  idOf(kind: EntityKind, place: number): string {
    return (kind === 'user' ? this.training.userIds : this.training.itemIds)[place];
  }

  /** What a list shows of an item. @param place dense id */
  itemCard(place: number): ItemCard {
    const content = this.training.content?.[place];
    return {
      id: this.training.itemIds[place],
      title: content?.title.trim() ?? '',
      brand: content?.brand ?? '',
      categories: content?.categories ?? [],
      hasPicture: (content?.imagePath ?? null) !== null,
      buyers: this.buyersOf(place).length,
    };
  }

  /** What a list shows of a user. @param place dense id */
  userCard(place: number): UserCard {
    return { id: this.training.userIds[place], items: this.historyOf(place).length };
  }

  /** Empty where an item has none. @param item dense id */
  descriptionOf(item: number): string {
    return this.training.content?.[item].description ?? '';
  }

  /** Training items of a user, ascending. */
  historyOf(user: number): Int32Array {
    return itemsOf(this.training.train, user);
  }

  /** Training users of an item, ascending. */
  buyersOf(item: number): Int32Array {
    return itemsOf(this.buyers, item);
  }

  /** How many users have both items in training. */
  commonBuyers(a: number, b: number): number {
    const [first, second] = [this.buyersOf(a), this.buyersOf(b)];
    let count = 0;
    for (let i = 0, j = 0; i < first.length && j < second.length; ) {
      if (first[i] === second[j]) [count, i, j] = [count + 1, i + 1, j + 1];
      else if (first[i] < second[j]) i++;
      else j++;
    }
    return count;
  }

  /** Places whose id or title holds the words, ids that are or begin with them first; all, by place, for no words. */
  search(kind: EntityKind, words: string): number[] {
    const wanted = words.trim().toLowerCase();
    const texts = this.texts(kind);
    if (wanted === '') return texts.map((_, place) => place);
    const parts = wanted.split(/\s+/);
    const ranked: { place: number; rank: number }[] = [];
    texts.forEach((text, place) => {
      if (!parts.every((part) => text.includes(part))) return;
      const id = text.slice(0, text.indexOf('\n'));
      const rank = id === wanted ? 0 : id.startsWith(wanted) ? 1 : text.includes(`\n${wanted}`) ? 2 : 3;
      ranked.push({ place, rank });
    });
    return ranked.sort((a, b) => a.rank - b.rank || a.place - b.place).map(({ place }) => place);
  }

  /** The picture of an item, where there is one that browsers show. @throws NotThere */
  picture(item: number): { readonly path: string; readonly type: string } {
    const path = this.training.content?.[item].imagePath ?? null;
    const type = path === null ? null : typeOf(path);
    if (path !== null && type !== null && type in shown) return { path, type: shown[type as keyof typeof shown] };
    throw notThere(
      `picture of item ${this.idOf('item', item)}`,
      'picture',
      [],
      'the data set has none that a browser shows',
    );
  }

  private texts(kind: EntityKind): readonly string[] {
    this.lowered ??= {
      user: this.training.userIds.map((id) => `${id.toLowerCase()}\n`),
      item: this.training.itemIds.map((id, item) =>
        `${id}\n${this.training.content?.[item].title ?? ''}`.toLowerCase(),
      ),
    };
    return this.lowered[kind];
  }
}

function placesOf(ids: readonly string[]): Map<string, number> {
  return new Map(ids.map((id, place) => [id, place]));
}

function typeOf(path: string): string | null {
  try {
    return imageTypeOfFile(path);
  } catch {
    return null;
  }
}

/** Users of each item, ascending. */
function transposed({ users, items, offsets, itemIds }: Interactions): Interactions {
  const starts = new Int32Array(items + 1);
  for (const item of itemIds) starts[item + 1]++;
  for (let item = 0; item < items; item++) starts[item + 1] += starts[item];
  const next = starts.slice();
  const userIds = new Int32Array(itemIds.length);
  for (let user = 0; user < users; user++) {
    for (let at = offsets[user]; at < offsets[user + 1]; at++) userIds[next[itemIds[at]]++] = user;
  }
  return { users: items, items: users, offsets: starts, itemIds: userIds };
}
