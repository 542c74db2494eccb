import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digest, RandomStreams, silentLog } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { itemDegrees, itemsOf } from '../dataset/interactions.js';
import { loadDataset } from '../loadDataset.js';
import { errorOf, newFolder, options, removeFolders } from '../testing/folders.js';
import { readTraits } from '../testing/readTraits.js';
import { drawInteractions } from './catalogInteractions.js';
import {
  attractionParts,
  drawItemTraits,
  drawUserTaste,
  type ItemTraits,
  pull,
  type UserTaste,
} from './catalogTraits.js';
import { synthesizeCatalog } from './synthesizeCatalog.js';

afterAll(removeFolders);

const small = { users: 40, items: 30, imageSize: 24, log: silentLog };

async function draw(more: object = {}): Promise<string> {
  const folder = join(newFolder(), 'shop');
  await synthesizeCatalog({ folder, seed: 7, ...small, ...more });
  return folder;
}

function bytesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => name.includes('.'));
  return Object.fromEntries(names.sort().map((name) => [name, digest(readFileSync(join(folder, name)))]));
}

describe('synthesizeCatalog', () => {
  test('equal seeds give equal bytes, images included; other seeds others', async () => {
    const [one, two, other] = [bytesOf(await draw()), bytesOf(await draw()), bytesOf(await draw({ seed: 8 }))];
    expect(Object.keys(one).length).toBe(35);
    expect(two).toEqual(one);
    for (const name of ['interactions.tsv', 'items.jsonl', 'images/item-0001.png'])
      expect(other[name]).not.toBe(one[name]);
  });

  test('has the size that was asked for, with content and an image for each item', async () => {
    const { training, report } = await loadDataset(await draw(), options({}));
    expect(report).toMatchObject({ users: 40, items: 30, coldUsers: 0 });
    expect(report.remarks).toContain('a synthetic catalog, drawn from seed 7');
    const perUser = Object.values(report.interactions).reduce((sum, count) => sum + count, 0) / 40;
    expect(perUser).toBeGreaterThan(8);
    expect(perUser).toBeLessThan(10);
    for (const item of training.content ?? []) {
      expect(item.title).not.toBe('');
      expect(item.description.length).toBeGreaterThan(60);
      expect(item.categories.length).toBe(3);
      expect(item.imagePath).not.toBeNull();
    }
  });

  test('a stop while drawing leaves nothing behind', async () => {
    const folder = join(newFolder(), 'shop');
    const controller = new AbortController();
    const progress = () => ({ update: () => controller.abort(), end() {} });
    const stopped = synthesizeCatalog({ folder, ...small, log: { ...silentLog, progress }, signal: controller.signal });
    await expect(stopped).rejects.toMatchObject({ exitCode: 130, got: 'a stop after 16 of 30 images' });
    expect(readdirSync(dirname(folder))).toEqual([]);
  });

  test('without images the items have none', async () => {
    const folder = await draw({ imageSize: 0 });
    expect(existsSync(join(folder, 'images'))).toBe(false);
    const { training } = await loadDataset(folder, options({}));
    expect(training.content?.every(({ imagePath }) => imagePath === null)).toBe(true);
  });

  test('no reader opens the traits: without them the data is the same', async () => {
    const folder = await draw();
    const before = await loadDataset(folder, options({}));
    const shown = JSON.stringify(before);
    for (const word of ['priceTier', 'popularity', '"eye"']) expect(shown).not.toContain(word);
    rmSync(join(folder, 'traits.jsonl'));
    const after = await loadDataset(folder, options({}));
    expect(after.training).toEqual(before.training);
  });

  test('users choose by their tastes, and some traits are nowhere in words', async () => {
    const folder = await draw({ users: 300, items: 200, imageSize: 0 });
    const { training } = await loadDataset(folder, options({}));
    const { items, users } = await readTraits(folder);
    let liked = 0;
    let offered = 0;
    for (let user = 0; user < training.users; user++) {
      const taste = users.get(training.userIds[user]);
      const likes = (item: number) =>
        taste?.colours.includes(items.get(training.itemIds[item])?.colour ?? 'red') ? 1 : 0;
      const own = itemsOf(training.train, user);
      liked += own.reduce((sum, item) => sum + likes(item), 0) / own.length;
      offered += training.itemIds.reduce((sum, _, item) => sum + likes(item), 0) / training.items;
    }
    expect(liked / offered).toBeGreaterThan(2);
    const stated = (trait: 'brand' | 'material' | 'colour') =>
      [...items.values()].filter((item) => item.stated.includes(trait)).length / items.size;
    expect(stated('colour')).toBeLessThan(0.4);
    expect(stated('material')).toBeGreaterThan(0.7);
    expect(stated('brand')).toBeGreaterThan(0.7);
    for (const [id, traits] of items) {
      const content = training.content?.[training.itemIds.indexOf(id)];
      if (traits.stated.includes('material')) expect(content?.description).toContain(traits.material);
      expect(content?.brand).toBe(traits.stated.includes('brand') ? traits.brand : '');
    }
  });

  test('catalog.md describes how it was drawn, with the numbers of this catalog', async () => {
    const folder = await draw({ noise: 0.5, popularity: 1.5, coldItems: 0.1, activitySpread: 0.4, imageSize: 0 });
    const text = readFileSync(join(folder, 'catalog.md'), 'utf8');
    const { interactions } = JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8'));
    for (const part of [
      `40 users, 30 items, ${interactions} interactions`,
      '1.5 popularity + 0.5 g',
      'log-normal number of items of mean 9 and sigma 0.4',
      '3 items (10 %) are new',
      'There are no images',
    ]) {
      expect(text).toContain(part);
    }
  });

  test('never overwrites, and with replace only a catalog', async () => {
    const folder = await draw();
    const again = (more: object = {}) => synthesizeCatalog({ folder, seed: 1, ...small, imageSize: 0, ...more });
    expect((await errorOf(() => again())).message).toMatch(/got a catalog that is there already.*--replace/);
    await again({ replace: true });
    expect(JSON.parse(readFileSync(join(folder, 'catalog.json'), 'utf8'))).toMatchObject({ seed: 1 });
    renameSync(join(folder, 'catalog.json'), join(folder, 'precious.json'));
    expect((await errorOf(() => again({ replace: true }))).message).toMatch(/got a folder that is there already/);
    expect(existsSync(join(folder, 'precious.json'))).toBe(true);
  });

  test('a place that cannot be written leaves nothing half-written', async () => {
    const file = join(newFolder(), 'file');
    writeFileSync(file, '');
    const error = await errorOf(() => synthesizeCatalog({ folder: join(file, 'shop'), seed: 1, ...small }));
    expect(error.kind).toBe('input');
    expect(readdirSync(dirname(file))).toEqual(['file']);
  });

  test('options are checked by name and range', async () => {
    const folder = join(newFolder(), 'shop');
    const failure = (more: object) => errorOf(() => synthesizeCatalog({ folder, log: silentLog, ...more }));
    expect((await failure({ user: 5 })).message).toMatch(/option "user".*did you mean "users"/);
    expect((await failure({ items: 3 })).message).toMatch(/option "items": got 3, expected a whole number from 20/);
  });
});

describe('what a user takes', () => {
  const random = new RandomStreams(11);
  const shop = (count: number) => Array.from({ length: count }, (_, n) => drawItemTraits(random.stream('item', n)));
  const settings = { interactionsPerUser: 9, activitySpread: 0, popularity: pull.popularity, noise: 1 };

  /** The formula of catalog.md with words compared. */
  function attraction(taste: UserTaste, item: ItemTraits): number {
    const has = (list: readonly string[], value: string) => (list.includes(value) ? 1 : 0);
    const [colour, brand] = [has(taste.colours, item.colour), has(taste.brands, item.brand)];
    const looks = pull.colour * colour + pull.pattern * has(taste.patterns, item.pattern);
    const words =
      pull.brand * brand +
      pull.material * has(taste.materials, item.material) +
      pull.price * has([taste.priceTier], item.priceTier);
    return (
      pull.category * has(taste.categories, item.category) +
      2 * taste.eye * looks +
      2 * (1 - taste.eye) * words +
      pull.pair * colour * brand +
      pull.popularity * item.popularity
    );
  }

  test('attraction by numbers equals attraction by words, bit for bit', () => {
    const items = shop(200);
    const parts = attractionParts(items, pull.popularity);
    for (let user = 0; user < 30; user++) {
      const taste = drawUserTaste(random.stream('taste', user));
      const of = parts.of(taste);
      expect(items.map((_, n) => of(n))).toEqual(items.map((item) => attraction(taste, item)));
    }
  });

  test.each([50, 2600])('the best of %p items by attraction and noise, as a whole sort finds them', (count) => {
    const items = shop(count);
    const tastes = Array.from({ length: 5 }, (_, n) => drawUserTaste(random.stream('taste', n)));
    const chosen = drawInteractions(tastes, items, settings, random);
    tastes.forEach((taste, user) => {
      const stream = random.stream('interactions', user);
      const all = Int32Array.from(items, (_, n) => n);
      const considered = count > 2000 ? Int32Array.from(stream.sample(all, 2000)) : all;
      const scores = Array.from(considered, (item) => {
        return attraction(taste, items[item]) - Math.log(-Math.log((stream.u32() + 0.5) / 2 ** 32));
      });
      const order = [...scores.keys()].sort((a, b) => scores[b] - scores[a] || a - b);
      const expected = order.slice(0, Math.max(5, 7 + stream.integer(5))).map((n) => considered[n]);
      expect([...chosen[user]].sort()).toEqual(expected.sort());
    });
  });

  test('spread makes users unequal around the same mean, popularity makes items unequal', () => {
    const items = shop(300);
    const tastes = Array.from({ length: 400 }, (_, n) => drawUserTaste(random.stream('taste', n)));
    const draw = (more: object) =>
      drawInteractions(tastes, items, { ...settings, interactionsPerUser: 20, ...more }, random);
    const counts = draw({ activitySpread: 0.8 }).map((chosen) => chosen.length);
    expect(counts.reduce((sum, count) => sum + count, 0) / counts.length).toBeCloseTo(20, -1);
    expect(Math.min(...counts)).toBeLessThan(8);
    expect(Math.max(...counts)).toBeGreaterThan(60);
    const share = (choices: readonly Int32Array[]) => {
      const taken = new Int32Array(items.length);
      for (const chosen of choices) for (const item of chosen) taken[item]++;
      const sorted = taken.sort().reverse();
      return sorted.subarray(0, 30).reduce((a, b) => a + b, 0) / sorted.reduce((a, b) => a + b, 0);
    };
    expect(share(draw({ popularity: 2 }))).toBeGreaterThan(1.5 * share(draw({ popularity: 0 })));
  });
});

describe('knobs', () => {
  test('without signal words and images tell of other items', async () => {
    const more = { items: 120, imageSize: 0 };
    const agreeing = async (signal: number) => {
      const folder = await draw({ ...more, textSignal: signal, imageSignal: signal });
      const { items } = await readTraits(folder);
      const lines = readFileSync(join(folder, 'items.jsonl'), 'utf8').trim().split('\n');
      const own = lines.filter((line) => {
        const { id, brand } = JSON.parse(line) as { id: string; brand: string };
        return brand !== '' && brand === items.get(id)?.brand;
      });
      const pictured = [...items.values()].filter((item) => item.pictured === undefined).length;
      return [own.length, pictured];
    };
    const [none, half, all] = [await agreeing(0), await agreeing(0.5), await agreeing(1)];
    expect(none[0]).toBeLessThan(25);
    expect(none[1]).toBeLessThan(6);
    expect(half[1]).toBeGreaterThan(40);
    expect(half[1]).toBeLessThan(80);
    expect(all[0]).toBeGreaterThan(85);
    expect(all[1]).toBe(120);
  });

  test('signal changes neither what users take nor the files of the default', async () => {
    const [plain, blind] = [await draw({ imageSize: 0 }), await draw({ imageSize: 0, textSignal: 0, imageSignal: 0 })];
    expect(readFileSync(join(blind, 'interactions.tsv'))).toEqual(readFileSync(join(plain, 'interactions.tsv')));
  });

  test('new items are in no training split, and half of them in each of the others', async () => {
    const folder = await draw({ users: 80, coldItems: 0.2, imageSize: 0 });
    const { training, validation, test: sealed, report } = await loadDataset(folder, options({}));
    const { items } = await readTraits(folder);
    const degrees = [training.train, validation, sealed.open('test of new items')].map(itemDegrees);
    const cold = training.itemIds.flatMap((id, n) => (items.get(id)?.cold ? [n] : []));
    expect([cold.length, report.coldItems]).toEqual([6, 6]);
    for (const item of cold) {
      expect(degrees[0][item]).toBe(0);
      expect([degrees[1][item] > 0, degrees[2][item] > 0].filter(Boolean)).toHaveLength(1);
    }
    expect(cold.filter((item) => degrees[1][item] > 0)).toHaveLength(3);
    expect(report.interactions.validation).toBeGreaterThan(degrees[1][cold[0]]);
  });
});

describe('readTraits', () => {
  test('says which line is damaged', async () => {
    const folder = await draw({ imageSize: 0 });
    writeFileSync(join(folder, 'traits.jsonl'), '{"kind":"item","id":"a"}\n{"kind":\n');
    expect((await errorOf(() => readTraits(folder))).message).toMatch(/traits\.jsonl line 2/);
  });
});
