import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  AmrError,
  fileError,
  integer,
  type Log,
  type OptionValues,
  RandomStreams,
  readOptions,
  real,
  temporaryName,
  writeFileAtomic,
} from '@agentmmrec/core';
import { drawSvg, renderPng } from './catalogImage.js';
import { drawInteractions } from './catalogInteractions.js';
import { type CatalogText, writeText } from './catalogText.js';
import { drawItemTraits, drawUserTaste, type ItemTraits, type UserTaste } from './catalogTraits.js';
import { makeFolder } from './makeFolder.js';

/** Raised when the same seed gives another catalog. */
export const catalogVersion = 2;

export const catalogOptions = {
  users: integer(600, { min: 1, max: 1_000_000, help: 'number of users' }),
  items: integer(400, { min: 20, max: 1_000_000, help: 'number of items' }),
  interactionsPerUser: integer(9, { min: 5, max: 1000, help: 'mean number of interactions of a user' }),
  noise: real(1, { min: 0, max: 100, help: 'size of the random part of a choice; 0 = taste alone decides' }),
  imageSize: integer(96, { min: 0, max: 1024, help: 'width and height of the images in pixels; 0 = no images' }),
  seed: integer(1, { help: 'everything is drawn from it' }),
} as const;

export interface CatalogRequest extends Partial<OptionValues<typeof catalogOptions>> {
  /** where to write it; must not exist, or be an older catalog with `replace` */
  readonly folder: string;
  readonly replace?: boolean;
  readonly log: Log;
}

export interface CatalogSummary {
  readonly folder: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly images: number;
}

/**
 * Draws a shop: items with six traits, written texts and drawn images, and users who choose by taste, popularity and chance.
 * Writes `interactions.tsv`, `items.jsonl`, `images/`, `catalog.json`, and `traits.jsonl`, which no reader of data opens: it
 * is there to judge knowledge, not to make it. Equal options give equal bytes.
 * @throws AmrError input: bad options, a folder in the way, no room; nothing is left half-written
 */
export async function synthesizeCatalog(request: CatalogRequest): Promise<CatalogSummary> {
  const { folder, replace = false, log, ...given } = request;
  const options = readOptions('synthetic catalog', catalogOptions, given);
  refuseOccupied(folder, replace);
  const random = new RandomStreams(options.seed);
  const items = Array.from({ length: options.items }, (_, n) => drawItemTraits(random.stream('item traits', n)));
  const tastes = Array.from({ length: options.users }, (_, n) => drawUserTaste(random.stream('user taste', n)));
  const choices = drawInteractions(tastes, items, options, random);
  const texts = items.map((item, n) => writeText(item, random.stream('item text', n)));
  const temporary = temporaryName(folder);
  makeFolder(temporary);
  try {
    const images = await writeImages(temporary, items, options.imageSize, random, log);
    writeTables(temporary, { items, tastes, choices, texts, images });
    const interactions = choices.reduce((sum, chosen) => sum + chosen.length, 0);
    const facts = { format: 'agentmmrec-catalog', version: catalogVersion, ...options, interactions };
    writeFileAtomic(join(temporary, 'catalog.json'), `${JSON.stringify(facts, null, 2)}\n`);
    if (replace) rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    return { folder, users: options.users, items: options.items, interactions, images: images.length };
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw fileError(`writing the catalog ${folder}`, cause);
  }
}

/** Never deletes what is not a catalog, whatever `replace` says. */
function refuseOccupied(folder: string, replace: boolean): void {
  if (!existsSync(folder)) return;
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (cause) {
    throw fileError(`writing the catalog ${folder}`, cause);
  }
  const catalog = names.includes('catalog.json');
  if (catalog && replace) return;
  throw new AmrError({
    what: `writing the catalog ${folder}`,
    got: catalog ? 'a catalog that is there already' : 'a folder that is there already',
    expected: 'a new folder',
    hint: catalog ? 'choose another folder, or replace it with --replace' : 'choose another folder',
  });
}

async function writeImages(
  folder: string,
  items: readonly ItemTraits[],
  size: number,
  random: RandomStreams,
  log: Log,
): Promise<string[]> {
  if (size === 0) return [];
  mkdirSync(join(folder, 'images'));
  const progress = log.progress('drawing images', items.length);
  const paths = items.map((_, n) => `images/${itemId(n)}.png`);
  // Rendering runs on threads of its own; a few at a time keep them busy.
  const batch = 16;
  try {
    for (let start = 0; start < items.length; start += batch) {
      const svgs = items
        .slice(start, start + batch)
        .map((item, n) => drawSvg(item, size, random.stream('item image', start + n)));
      const pngs = await Promise.all(svgs.map(renderPng));
      pngs.forEach((png, n) => {
        writeFileSync(join(folder, paths[start + n]), png);
      });
      progress.update(start + svgs.length);
    }
  } finally {
    progress.end();
  }
  return paths;
}

interface Drawn {
  readonly items: readonly ItemTraits[];
  readonly tastes: readonly UserTaste[];
  readonly choices: readonly (readonly number[])[];
  readonly texts: readonly CatalogText[];
  readonly images: readonly string[];
}

function writeTables(folder: string, { items, tastes, choices, texts, images }: Drawn): void {
  const rows = choices.flatMap((chosen, user) => chosen.map((item) => `${userId(user)}\t${itemId(item)}\n`));
  writeFileAtomic(join(folder, 'interactions.tsv'), `user\titem\n${rows.join('')}`);
  writeLines(
    join(folder, 'items.jsonl'),
    texts.map(({ stated, ...text }, n) => ({ id: itemId(n), ...text, image: images[n] ?? null })),
  );
  writeLines(join(folder, 'traits.jsonl'), [
    ...items.map((traits, n) => ({ kind: 'item', id: itemId(n), ...traits, stated: texts[n].stated })),
    ...tastes.map((taste, n) => ({ kind: 'user', id: userId(n), ...taste })),
  ]);
}

function writeLines(path: string, values: readonly object[]): void {
  writeFileAtomic(path, values.map((value) => `${JSON.stringify(value)}\n`).join(''));
}

function itemId(n: number): string {
  return `item-${String(n + 1).padStart(4, '0')}`;
}

function userId(n: number): string {
  return `user-${String(n + 1).padStart(4, '0')}`;
}
