import { join } from 'node:path';
import { AmrError } from '@agentmmrec/core';
import type { CatalogText } from '../catalog/catalogText.js';
import type { ItemTraits, UserTaste } from '../catalog/catalogTraits.js';
import { forEachLine } from '../files/lines.js';

/** The truth about an item, and where its content departs from it. */
export interface TrueTraits extends ItemTraits {
  readonly stated: CatalogText['stated'];
  /** absent when the image shows the item itself */
  readonly pictured?: ItemTraits;
  /** present for a new item, which is in no training split */
  readonly cold?: true;
}

/** The truth behind a synthetic catalog, by the catalog's own ids. */
export interface CatalogTraits {
  readonly items: ReadonlyMap<string, TrueTraits>;
  readonly users: ReadonlyMap<string, UserTaste>;
}

/**
 * Reads `traits.jsonl` of a synthetic catalog. Only for judging knowledge after it was made: no reader, agent or model may
 * call it.
 * @throws AmrError input: no such file, or a damaged line
 */
export async function readTraits(folder: string): Promise<CatalogTraits> {
  const items = new Map<string, TrueTraits>();
  const users = new Map<string, UserTaste>();
  const path = join(folder, 'traits.jsonl');
  await forEachLine(path, (line, number) => {
    const { kind, id, ...rest } = parse(line, `${path} line ${number}`);
    if (kind === 'item') items.set(id, rest as unknown as TrueTraits);
    else users.set(id, rest as unknown as UserTaste);
  });
  return { items, users };
}

function parse(line: string, what: string): { kind: 'item' | 'user'; id: string } & Record<string, unknown> {
  try {
    const value = JSON.parse(line) as Record<string, unknown> | null;
    const { kind, id } = value ?? {};
    if ((kind === 'item' || kind === 'user') && typeof id === 'string') return { ...value, kind, id };
  } catch {
    // falls through to the one error for every damaged line
  }
  throw new AmrError({
    what,
    got: 'a line that is not the traits of an item or a user',
    expected: 'the JSON that the synthetic catalog writes',
    hint: 'draw the catalog again',
  });
}
