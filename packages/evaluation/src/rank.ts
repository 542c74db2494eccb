import { AmrError } from '@agentmmrec/core';
import { type Interactions, itemsOf } from '@agentmmrec/datasets';
import type { Device, Floats } from '@agentmmrec/kernels';
import type { RankedLists } from './contract.js';

/** What a model offers for ranking: users [users, d] and items [items, d]; the score is the inner product. */
export interface Representations {
  readonly users: Floats;
  readonly items: Floats;
  readonly d: number;
}

/** What a model offers whose scores are no inner products of narrow rows (item-item models, popularity). */
export interface BlockScores {
  readonly items: number;
  /** Writes the scores of the users against all items to out [userIds.length, items]. */
  write(userIds: Int32Array, out: Floats): void;
}

/** How a model ranks. */
export type Ranking = Representations | BlockScores;

/** Users ranked by one kernel call: enough rows to keep every thread busy, few enough that lists stay in cache. */
const blockUsers = 1024;
/** Users whose scores of all items are held at once. */
const blockScoreUsers = 256;

/**
 * Full ranking: the k best items of each user among all items, leaving out the user's masked ones, ties to the lower id.
 * @param call.ranking how the model ranks; not changed
 * @param call.mask items never listed, normally the training interactions
 * @param call.userIds whom to rank, in the order of the result
 * @param call.k length of each list; where fewer items remain the rest is id -1 with score minus infinity
 * @param call.excludeAlso further items never listed (validation at test time, where that is asked for)
 * @throws AmrError input: a user id outside the mask; k below 1
 */
export function rankUsers(call: {
  device: Device;
  ranking: Ranking;
  mask: Interactions;
  userIds: Int32Array;
  k: number;
  excludeAlso?: Interactions;
}): RankedLists {
  checkCall(call.userIds, call.mask, call.k);
  const { device, ranking, userIds, k } = call;
  const items = new Int32Array(userIds.length * k);
  const scores = new Float32Array(userIds.length * k);
  const byScores = 'write' in ranking;
  const [size, width] = byScores ? [blockScoreUsers, ranking.items] : [blockUsers, ranking.d];
  device.reclaimOnFailure(() => {
    const rows = device.floats(Math.min(size, userIds.length) * width, 'any'); // [block, width]
    for (let start = 0; start < userIds.length; start += size) {
      const ids = userIds.subarray(start, start + size);
      const masked = maskRows(ids, call.excludeAlso ? [call.mask, call.excludeAlso] : [call.mask]);
      const own = rows.subarray(0, ids.length * width);
      const block = byScores
        ? rankScores({ device, ranking, ids, masked, k }, own)
        : rankInnerProducts({ device, ranking, ids, masked, k }, own);
      items.set(block.items, start * k);
      scores.set(block.scores, start * k);
    }
    device.release(rows);
  });
  return { userIds: userIds.slice(), k, items, scores };
}

interface RankBlock<R extends Ranking> {
  readonly device: Device;
  readonly ranking: R;
  readonly ids: Int32Array;
  readonly masked: MaskRows;
  readonly k: number;
}

interface BlockLists {
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/** One kernel call. */
function rankInnerProducts(call: RankBlock<Representations>, rows: Floats): BlockLists {
  const { device, ranking, ids, masked, k } = call;
  const { users, items, d } = ranking;
  const userRows = intsOf(device, ids);
  const maskOffsets = intsOf(device, masked.offsets);
  const maskIndices = intsOf(device, masked.itemIds);
  const indices = device.ints(ids.length * k);
  const scores = device.floats(ids.length * k);
  device.kernels.gatherRows({ out: rows, x: users, ids: userRows, d });
  device.kernels.rankTopK({ indices, scores, users: rows, items, maskOffsets, maskIndices, d, k });
  // Copies: on the CPU `read` gives the pooled memory itself, which the next block reuses.
  const lists = { items: device.read(indices).slice(), scores: device.read(scores).slice() };
  for (const memory of [userRows, maskOffsets, maskIndices, indices, scores]) device.release(memory);
  return lists;
}

/** The model's own scores, and the best of each row. */
function rankScores({ device, ranking, ids, masked, k }: RankBlock<BlockScores>, rows: Floats): BlockLists {
  ranking.write(ids, rows);
  const all = device.read(rows);
  const lists = { items: new Int32Array(ids.length * k), scores: new Float32Array(ids.length * k) };
  for (let row = 0; row < ids.length; row++) {
    bestOfRow(
      all.subarray(row * ranking.items, (row + 1) * ranking.items),
      masked.itemIds.subarray(masked.offsets[row], masked.offsets[row + 1]),
      lists.items.subarray(row * k, (row + 1) * k),
      lists.scores.subarray(row * k, (row + 1) * k),
    );
  }
  return lists;
}

/** The best items outside `masked` (ascending), ties to the lower id, into `items` and `scores`; empty places are -1 and minus infinity. */
function bestOfRow(values: Float32Array, masked: Int32Array, items: Int32Array, scores: Float32Array): void {
  const k = items.length;
  items.fill(-1);
  scores.fill(Number.NEGATIVE_INFINITY);
  let found = 0;
  for (let item = 0, next = 0; item < values.length; item++) {
    if (next < masked.length && masked[next] === item) {
      next++;
      continue;
    }
    const value = values[item];
    if (found === k && !(value > scores[k - 1])) continue;
    let place = found < k ? found++ : k - 1;
    for (; place > 0 && value > scores[place - 1]; place--) {
      scores[place] = scores[place - 1];
      items[place] = items[place - 1];
    }
    scores[place] = value;
    items[place] = item;
  }
}

function intsOf(device: Device, values: Int32Array) {
  const memory = device.ints(values.length);
  device.write(memory, values);
  return memory;
}

interface MaskRows {
  readonly offsets: Int32Array;
  readonly itemIds: Int32Array;
}

/** The union of the users' rows in `sources`, ascending and without duplicates, as offsets and ids. */
export function maskRows(userIds: Int32Array, sources: readonly Interactions[]): MaskRows {
  const offsets = new Int32Array(userIds.length + 1);
  const rows: Int32Array[] = [];
  userIds.forEach((user, at) => {
    const parts = sources.map((source) => itemsOf(source, user)).filter((part) => part.length > 0);
    const row = parts.length <= 1 ? (parts[0] ?? new Int32Array(0)) : mergeAscending(parts);
    rows.push(row);
    offsets[at + 1] = offsets[at] + row.length;
  });
  const itemIds = new Int32Array(offsets[userIds.length]);
  rows.forEach((row, at) => {
    itemIds.set(row, offsets[at]);
  });
  return { offsets, itemIds };
}

function mergeAscending(parts: readonly Int32Array[]): Int32Array {
  const ids = new Set<number>();
  for (const part of parts) for (const id of part) ids.add(id);
  return Int32Array.from(ids).sort();
}

function checkCall(userIds: Int32Array, mask: Interactions, k: number): void {
  if (!Number.isInteger(k) || k < 1) {
    throw new AmrError({ what: 'ranking', got: `k = ${k}`, expected: 'a whole number from 1', hint: 'choose -k 20' });
  }
  for (const user of userIds) {
    if (user >= 0 && user < mask.users) continue;
    throw new AmrError({
      what: 'ranking',
      got: `user ${user}`,
      expected: `a user from 0 to ${mask.users - 1}`,
      hint: 'name a user of this data set',
    });
  }
}

/** Users with at least one interaction, ascending. */
export function usersOf(interactions: Interactions): Int32Array {
  const users: number[] = [];
  for (let user = 0; user < interactions.users; user++) {
    if (interactions.offsets[user + 1] > interactions.offsets[user]) users.push(user);
  }
  return Int32Array.from(users);
}
