import { existsSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import {
  AmrError,
  fileError,
  type Log,
  RandomStreams,
  readOptions,
  temporaryName,
  writeFileAtomic,
} from '@agentmmrec/core';
import { makeFolder } from '../files/makeFolder.js';
import { describeCatalog } from './catalogDescription.js';
import { type DrawnCatalog, writeImages, writeTables } from './catalogFiles.js';
import { drawInteractions } from './catalogInteractions.js';
import { type CatalogSettings, catalogOptions, catalogVersion } from './catalogOptions.js';
import { drawCatalogSplit } from './catalogSplit.js';
import { writeText } from './catalogText.js';
import { drawItemTraits, drawUserTaste, type ItemTraits } from './catalogTraits.js';

/** What is drawn, and where to. */
export interface CatalogRequest extends Partial<CatalogSettings> {
  /** where to write it; must not exist, or be an older catalog with `replace` */
  readonly folder: string;
  readonly replace?: boolean;
  readonly log: Log;
  /** aborted by Ctrl-C: drawing stops at the next images and leaves nothing behind */
  readonly signal?: AbortSignal | undefined;
}

/** What was drawn. */
export interface CatalogSummary {
  readonly folder: string;
  readonly users: number;
  readonly items: number;
  readonly interactions: number;
  readonly images: number;
  /** items that training never meets */
  readonly coldItems: number;
}

/**
 * Draws a shop: items with six traits, written texts and drawn images, and users who choose by taste, popularity and chance.
 * Writes `interactions.tsv`, `items.jsonl`, `images/`, `catalog.json`, `catalog.md` that describes how it was drawn, and
 * `traits.jsonl`, which no reader of data opens: it is there to judge knowledge, not to make it. Equal options give equal bytes.
 * @throws AmrError input: bad options, a folder in the way, no room; interrupted: the signal; nothing is left half-written
 */
export async function synthesizeCatalog(request: CatalogRequest): Promise<CatalogSummary> {
  const { folder, replace = false, log, signal, ...given } = request;
  const settings = readOptions('synthetic catalog', catalogOptions, given);
  refuseOccupied(folder, replace);
  const random = new RandomStreams(settings.seed);
  const drawn = draw(settings, random);
  const interactions = drawn.choices.reduce((sum, chosen) => sum + chosen.length, 0);
  const coldItems = drawn.split?.cold.reduce((sum, cold) => sum + cold, 0) ?? 0;
  const temporary = temporaryName(folder);
  makeFolder(temporary);
  try {
    const images = await writeImages(temporary, drawn, settings.imageSize, random, { log, signal });
    writeTables(temporary, drawn, images);
    const facts = { format: 'agentmmrec-catalog', version: catalogVersion, ...settings, interactions };
    writeFileAtomic(join(temporary, 'catalog.json'), `${JSON.stringify(facts, null, 2)}\n`);
    writeFileAtomic(join(temporary, 'catalog.md'), describeCatalog(settings, { interactions, coldItems }));
    if (replace) rmSync(folder, { recursive: true, force: true });
    renameSync(temporary, folder);
    return { folder, users: settings.users, items: settings.items, interactions, images: images.length, coldItems };
  } catch (cause) {
    rmSync(temporary, { recursive: true, force: true });
    throw fileError(`writing the catalog ${folder}`, cause);
  }
}

function draw(settings: CatalogSettings, random: RandomStreams): DrawnCatalog {
  const items = Array.from({ length: settings.items }, (_, n) => drawItemTraits(random.stream('item traits', n)));
  const tastes = Array.from({ length: settings.users }, (_, n) => drawUserTaste(random.stream('user taste', n)));
  const choices = drawInteractions(tastes, items, settings, random);
  const described = ownOrOther(items, settings.textSignal, 'words of another item', random);
  return {
    items,
    tastes,
    choices,
    texts: described.map((item, n) => {
      const text = writeText(item, random.stream('item text', n));
      return item === items[n] ? text : { ...text, stated: [] };
    }),
    pictured: ownOrOther(items, settings.imageSignal, 'image of another item', random),
    split: settings.coldItems > 0 ? drawCatalogSplit(choices, items.length, settings.coldItems, random) : null,
  };
}

/** For each item its own traits with probability `signal`, else those of an item drawn at random. */
function ownOrOther(
  items: readonly ItemTraits[],
  signal: number,
  name: string,
  random: RandomStreams,
): readonly ItemTraits[] {
  if (signal === 1) return items;
  return items.map((item, n) => {
    const stream = random.stream(name, n);
    return stream.uniform() < signal ? item : items[stream.integer(items.length)];
  });
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
