import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, type Log, type RandomStreams, writeFileAtomic } from '@agentmmrec/core';
import { drawSvg, renderPng } from './catalogImage.js';
import type { CatalogSplit } from './catalogSplit.js';
import type { CatalogText } from './catalogText.js';
import type { ItemTraits, UserTaste } from './catalogTraits.js';

/** A catalog as drawn, before its images. Lists are by item or by user. */
export interface DrawnCatalog {
  readonly items: readonly ItemTraits[];
  readonly tastes: readonly UserTaste[];
  readonly choices: readonly Int32Array[];
  readonly texts: readonly CatalogText[];
  /** what the image of an item shows: its own traits, or another item's */
  readonly pictured: readonly ItemTraits[];
  /** null: the catalog comes without a split */
  readonly split: CatalogSplit | null;
}

/** Lines are joined in pieces: a million of them at once would be one list and one text of that length. */
const linesInPiece = 65_536;

/** Writes `images/<item>.png`. @returns their paths in the folder; none for size 0. @throws AmrError interrupted */
export async function writeImages(
  folder: string,
  { pictured }: DrawnCatalog,
  size: number,
  random: RandomStreams,
  { log, signal }: { readonly log: Log; readonly signal?: AbortSignal | undefined },
): Promise<string[]> {
  if (size === 0) return [];
  mkdirSync(join(folder, 'images'));
  const progress = log.progress('drawing images', pictured.length);
  const paths = pictured.map((_, n) => `images/${itemId(n)}.png`);
  // Rendering runs on threads of its own; a few at a time keep them busy.
  const batch = 16;
  try {
    for (let start = 0; start < pictured.length; start += batch) {
      if (signal?.aborted) throw interrupted(start, pictured.length);
      const svgs = pictured
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

/** Writes `interactions.tsv`, `items.jsonl` and `traits.jsonl`. */
export function writeTables(folder: string, drawn: DrawnCatalog, images: readonly string[]): void {
  const { items, tastes, texts, pictured, split } = drawn;
  writeLines(join(folder, 'interactions.tsv'), interactionLines(drawn));
  writeLines(
    join(folder, 'items.jsonl'),
    texts.map(({ stated, ...text }, n) => JSON.stringify({ id: itemId(n), ...text, image: images[n] ?? null })),
  );
  writeLines(join(folder, 'traits.jsonl'), [
    ...items.map((traits, n) => {
      const further = {
        ...(pictured[n] !== traits && { pictured: pictured[n] }),
        ...(split?.cold[n] && { cold: true }),
      };
      return JSON.stringify({ kind: 'item', id: itemId(n), ...traits, stated: texts[n].stated, ...further });
    }),
    ...tastes.map((taste, n) => JSON.stringify({ kind: 'user', id: userId(n), ...taste })),
  ]);
}

function interactionLines({ choices, split }: DrawnCatalog): string[] {
  const lines = [split ? 'user\titem\tx_label' : 'user\titem'];
  choices.forEach((chosen, user) => {
    chosen.forEach((item, n) => {
      const pair = `${userId(user)}\t${itemId(item)}`;
      lines.push(split ? `${pair}\t${split.labels[user][n]}` : pair);
    });
  });
  return lines;
}

function writeLines(path: string, lines: readonly string[]): void {
  const pieces: Buffer[] = [];
  for (let start = 0; start < lines.length; start += linesInPiece) {
    pieces.push(Buffer.from(`${lines.slice(start, start + linesInPiece).join('\n')}\n`));
  }
  writeFileAtomic(path, Buffer.concat(pieces));
}

function interrupted(drawn: number, images: number): AmrError {
  return new AmrError({
    what: 'drawing a catalog',
    got: `a stop after ${drawn} of ${images} images`,
    expected: 'to run to the end',
    hint: 'nothing was written: the same command begins anew',
    kind: 'interrupted',
  });
}

function itemId(n: number): string {
  return `item-${String(n + 1).padStart(4, '0')}`;
}

function userId(n: number): string {
  return `user-${String(n + 1).padStart(4, '0')}`;
}
