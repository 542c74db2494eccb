import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, nearestName, type OptionValues, optional } from '@agentmmrec/core';
import { loadDataset, type TrainingData } from '@agentmmrec/datasets';
import { type EntryKind, type KnowledgeMemory, openMemory } from '@agentmmrec/memory';
import type { Session } from '../session/session.js';
import { datasetOptions, loadOptions } from './datasetOptions.js';

/** Options of verbs that look into a memory: the data set gives ids their meaning. */
export const memoryOptions = {
  ...datasetOptions,
  memory: optional({ type: 'text', help: 'knowledge file; default: the newest in the workspace for this data set' }),
} as const;

/** Options of verbs about one entry. */
export const entryOptions = {
  ...memoryOptions,
  user: optional({ type: 'text', help: "a user, by the data set's own id" }),
  item: optional({ type: 'text', help: "an item, by the data set's own id" }),
} as const;

export interface Entry {
  readonly kind: EntryKind;
  readonly entity: number;
  /** the data set's own id */
  readonly id: string;
}

const SUFFIX = '.sqlite';

/** Where knowledge of a data set by a reasoner is kept unless `--memory` says otherwise. */
export function defaultMemoryPath(workspace: string, training: TrainingData, reasoner: string): string {
  const safe = reasoner.replace(/[^A-Za-z0-9._-]+/g, '-');
  return join(workspace, 'knowledge', `${training.fingerprint.slice(0, 16)}-${safe}${SUFFIX}`);
}

/** Runs `work` on the memory that the options mean and closes it. */
export async function withMemory<T>(
  options: OptionValues<typeof memoryOptions>,
  session: Session,
  mode: 'read' | 'write',
  work: (memory: KnowledgeMemory, training: TrainingData) => T | Promise<T>,
): Promise<T> {
  const { training } = await loadDataset(options.data, loadOptions(options, session));
  const path = options.memory ?? newestMemory(session.workspace, training, options.data);
  const memory = openMemory({ path, fingerprint: training.fingerprint, mode, create: false });
  try {
    return await work(memory, training);
  } finally {
    memory.close();
  }
}

/** The entry that `--user` or `--item` names. @throws AmrError input: neither, both, or an id the data set does not have */
export function entryOf(options: { user: string | null; item: string | null }, training: TrainingData): Entry {
  const { user, item } = options;
  if ((user === null) === (item === null)) {
    throw new AmrError({
      what: 'the entry',
      got: user === null ? 'neither --user nor --item' : 'both --user and --item',
      expected: 'one of them',
      hint: "give --user ID or --item ID with the data set's own id",
    });
  }
  if (user !== null) return { kind: 'preference', entity: denseId('user', user, training.userIds), id: user };
  const id = item ?? '';
  return { kind: 'property', entity: denseId('item', id, training.itemIds), id };
}

/** Position of the data set's own id. @throws AmrError input with the nearest id */
export function denseId(what: 'user' | 'item', id: string, ids: readonly string[]): number {
  const found = ids.indexOf(id);
  if (found >= 0) return found;
  const near = ids.find((one) => withoutZeros(one) === withoutZeros(id)) ?? nearestName(id, ids);
  throw new AmrError({
    what: `--${what}`,
    got: `"${id}", which the data set does not have`,
    expected: `one of its ${ids.length} ${what} ids, such as ${ids.slice(0, 3).join(', ')}`,
    hint: near
      ? `did you mean "${near}"?`
      : `ids are the data set's own; some ${what}s may have been dropped by k-core`,
  });
}

/** `user-1` and `user-0001` are one to a reader. */
function withoutZeros(id: string): string {
  return id
    .toLowerCase()
    .replace(/(?<!\d)0+(?=\d)/g, '')
    .replace(/[-_ ]/g, '');
}

function newestMemory(workspace: string, training: TrainingData, data: string): string {
  const folder = join(workspace, 'knowledge');
  const names = existsSync(folder) ? readdirSync(folder) : [];
  const paths = names
    .filter((name) => name.startsWith(training.fingerprint.slice(0, 16)) && name.endsWith(SUFFIX))
    .map((name) => join(folder, name))
    .sort((a, b) => statSync(b).mtimeMs - statSync(a).mtimeMs);
  if (paths.length > 0) return paths[0];
  throw new AmrError({
    what: `knowledge of ${training.name}`,
    got: `none in ${folder}`,
    expected: 'a memory made for this data set',
    hint: `make one: agentmmrec knowledge build --data ${data} --reasoner extractive, or name one with --memory`,
  });
}
