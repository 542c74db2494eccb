import { statSync } from 'node:fs';
import { join } from 'node:path';
import { type ArtifactKey, digest, type Matrix } from '@agentmmrec/core';
import { type RankedLists, type Ranking, rankUsers } from '@agentmmrec/evaluation';
import { type OpenedRun, openRun, readRunManifest } from '@agentmmrec/experiments';
import type { Device } from '@agentmmrec/kernels';
import type { ScorePart } from '@agentmmrec/models';
import type { RerankHook } from '@agentmmrec/training';
import { RowWriter, writeRows } from './rowFile.js';

/** Places of each list that are kept; deeper ones are ranked when they are asked for. */
const KEPT_DEPTH = 100;
/** Users ranked by one call. */
const BLOCK_USERS = 512;
export const nothingKnown = 'nothing is known of this user, so the list stays as the model has it';

/** What the files of a served run say about themselves, as its manifest has it. */
export interface ServingFacts {
  /** places of each list */
  readonly depth: number;
  /** places that reranking reorders; 0 where this run reranks nobody */
  readonly rerankDepth: number;
  /** columns of the tables that rank; null for a model whose scores are no inner products */
  readonly columns: number | null;
  /** tables of the parts of a score: names of files, and columns; null for a model that gives scores whole */
  readonly parts: readonly ServingPart[] | null;
  /** why users keep the model's order, by dense id, where it is not for want of knowledge */
  readonly remarks: Readonly<Record<string, string>>;
}

/** One part of a score: whose inner product of which tables. */
export interface ServingPart {
  readonly name: string;
  readonly users: string;
  readonly items: string;
  readonly columns: number;
}

export const files = { lists: 'lists.bin', users: 'users.bin', items: 'items.bin' } as const;

/** Of the checkpoint as it lies there, its manifest and the data set. */
export function servingKey(checkpointPath: string, fingerprint: string): ArtifactKey {
  const { size, mtimeMs } = statSync(checkpointPath);
  const { recipe, seed, knowledge, startedAtMs, result } = readRunManifest(checkpointPath);
  // Not where its files lie: a workspace can be moved.
  const { memoryPath: _, ...asked } = knowledge ?? { memoryPath: null };
  const run = digest(JSON.stringify({ recipe, seed, asked, startedAtMs, result }));
  return { stage: 'serving', stageVersion: 1, inputs: { size, mtimeMs, run, fingerprint } };
}

/**
 * Writes what a server answers from: each user's list before and after reranking, the tables that rank deeper lists, and those of the
 * parts of a score. Takes the memory of a training and, for a catalog of 40,000 users, a minute.
 * @param request.folder where the files go; see `ServingFacts`
 * @throws AmrError input: as `openRun`; interrupted: the signal
 */
export async function writeServing(
  request: Parameters<typeof openRun>[0] & {
    readonly folder: string;
    readonly onProgress: (done: number, total: number) => void;
    readonly signal?: AbortSignal;
  },
): Promise<ServingFacts> {
  const { folder, device, dataset } = request;
  const opened = await openRun({ ...request, audits: false });
  try {
    const { model, study, manifest } = opened;
    const { recipe, knowledge } = manifest;
    const hook = await study.reranker(recipe.rerank, knowledge?.moments.end, knowledge?.rerankWeight);
    const ranking = model.ranking();
    const depth = Math.min(Math.max(KEPT_DEPTH, hook?.rerankDepth ?? 0), dataset.training.items);
    const remarks = await writeLists({ ...request, opened, ranking, hook, depth });
    const columns = 'write' in ranking ? null : ranking.d;
    if (!('write' in ranking)) {
      writeRows(join(folder, files.users), device.read(ranking.users));
      writeRows(join(folder, files.items), device.read(ranking.items));
    }
    const parts = writeParts(folder, model.scoreParts());
    return { depth, rerankDepth: hook?.rerankDepth ?? 0, columns, parts, remarks };
  } finally {
    opened.model.release();
    await opened.study.close();
  }
}

/** @returns remarks by user */
async function writeLists(call: {
  readonly opened: OpenedRun;
  readonly dataset: Parameters<typeof openRun>[0]['dataset'];
  readonly device: Device;
  readonly folder: string;
  readonly ranking: Ranking;
  readonly hook: RerankHook | null;
  readonly depth: number;
  readonly onProgress: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}): Promise<Record<string, string>> {
  const { device, ranking, hook, depth, onProgress, signal } = call;
  const { users, train } = call.dataset.training;
  const remarks: Record<string, string> = {};
  const writer = new RowWriter(join(call.folder, files.lists));
  try {
    for (let start = 0; start < users; start += BLOCK_USERS) {
      signal?.throwIfAborted();
      const userIds = Int32Array.from({ length: Math.min(BLOCK_USERS, users - start) }, (_, at) => start + at);
      const lists = rankUsers({ device, ranking, mask: train, userIds, k: depth });
      for (let row = 0; row < userIds.length; row++) {
        const { items, scores } = rowOf(lists, row);
        const reranked = new Int32Array(depth).fill(-1);
        const remark = hook && (await rerank(hook, userIds[row], { items, scores }, reranked));
        if (remark) remarks[userIds[row]] = remark;
        writer.append(items);
        writer.append(scores);
        writer.append(reranked);
      }
      onProgress(start + userIds.length, users);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    writer.close();
  }
  return remarks;
}

/** Fills the new order in, and says why there is none; null where it is said by there being none. */
async function rerank(
  hook: RerankHook,
  user: number,
  { items, scores }: { readonly items: Int32Array; readonly scores: Float32Array },
  reranked: Int32Array,
): Promise<string | null> {
  const empty = items.indexOf(-1);
  const k = empty < 0 ? items.length : empty;
  const list = { userIds: Int32Array.of(user), k, items: items.slice(0, k), scores: scores.slice(0, k) };
  const { lists, report } = await hook.rerank(list);
  if (report.users === 1) reranked.set(lists.items);
  return report.failures[0] ?? null;
}

function rowOf({ k, items, scores }: RankedLists, row: number) {
  return { items: items.slice(row * k, row * k + k), scores: scores.slice(row * k, row * k + k) };
}

/** Each table once, however many parts it stands in. */
function writeParts(folder: string, parts: readonly ScorePart[] | null): readonly ServingPart[] | null {
  if (parts === null) return null;
  const written = new Map<Matrix, string>();
  const fileOf = (table: Matrix): string => {
    const known = written.get(table) ?? `part-${written.size}.bin`;
    if (!written.has(table)) writeRows(join(folder, known), table.data as Float32Array);
    written.set(table, known);
    return known;
  };
  return parts.map(({ name, users, items }) => ({
    name,
    users: fileOf(users),
    items: fileOf(items),
    columns: users.cols,
  }));
}
