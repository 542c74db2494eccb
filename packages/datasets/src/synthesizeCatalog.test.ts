import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { digest, silentLog } from '@agentmmrec/core';
import { afterAll, describe, expect, test } from '@jest/globals';
import { itemsOf } from './interactions.js';
import { loadDataset } from './loadDataset.js';
import { readTraits } from './readTraits.js';
import { synthesizeCatalog } from './synthesizeCatalog.js';
import { errorOf, newFolder, options, removeFolders } from './testing/folders.js';

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
    expect(Object.keys(one).length).toBe(34);
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

describe('readTraits', () => {
  test('says which line is damaged', async () => {
    const folder = await draw({ imageSize: 0 });
    writeFileSync(join(folder, 'traits.jsonl'), '{"kind":"item","id":"a"}\n{"kind":\n');
    expect((await errorOf(() => readTraits(folder))).message).toMatch(/traits\.jsonl line 2/);
  });
});
