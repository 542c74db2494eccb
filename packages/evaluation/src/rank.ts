import { AmrError, Breather } from '@agentmmrec/core';
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
  const own = device.scope();
  try {
    const lists = own.run(() => ('write' in ranking ? rankScores(call, ranking) : rankInnerProducts(call, ranking)));
    return { userIds: userIds.slice(), k, ...lists };
  } finally {
    own.release();
  }
}

/**
 * As `rankUsers`, with the same bits, letting timers and signals in between blocks of users: what is asked for by hand can be stopped.
 * @throws as `rankUsers`
 */
export async function rankUsersByTurns(call: RankCall): Promise<RankedLists> {
  const { userIds, k } = call;
  checkCall(userIds, call.mask, k);
  const [items, scores] = [new Int32Array(userIds.length * k), new Float32Array(userIds.length * k)];
  const breather = new Breather();
  for (let start = 0; start < userIds.length; start += blockUsers) {
    await breather.breathe();
    const block = rankUsers({ ...call, userIds: userIds.subarray(start, start + blockUsers) });
    items.set(block.items, start * k);
    scores.set(block.scores, start * k);
  }
  return { userIds: userIds.slice(), k, items, scores };
}

type RankCall = Parameters<typeof rankUsers>[0];

interface Lists {
  readonly items: Int32Array;
  readonly scores: Float32Array;
}

/** Calls `rank` for each block of users with what they are masked from. */
function forBlocks(
  { userIds, mask, excludeAlso }: RankCall,
  size: number,
  rank: (ids: Int32Array, masked: MaskRows, start: number) => void,
): void {
  for (let start = 0; start < userIds.length; start += size) {
    const ids = userIds.subarray(start, start + size);
    rank(ids, maskRows(ids, excludeAlso ? [mask, excludeAlso] : [mask]), start);
  }
}

/** A kernel call a block; the device is waited for when all are launched. */
function rankInnerProducts(call: RankCall, { users, items, d }: Representations): Lists {
  const { device, userIds, k } = call;
  const rows = device.floats(Math.min(blockUsers, userIds.length) * d, 'any'); // [block, d]
  const [indices, scores] = [device.ints(userIds.length * k, 'any'), device.floats(userIds.length * k, 'any')];
  forBlocks(call, blockUsers, (ids, masked, start) => {
    const uploaded = [ids, masked.offsets, masked.itemIds].map((values) => intsOf(device, values));
    const [own, maskOffsets, maskIndices] = uploaded;
    const block = rows.subarray(0, ids.length * d);
    const [from, to] = [start * k, (start + ids.length) * k];
    const found = { indices: indices.subarray(from, to), scores: scores.subarray(from, to) };
    device.kernels.gatherRows({ out: block, x: users, ids: own, d });
    device.kernels.rankTopK({ ...found, users: block, items, maskOffsets, maskIndices, d, k });
    for (const memory of uploaded) device.release(memory);
  });
  // Copies: on the CPU `read` gives the pooled memory itself.
  return { items: device.read(indices).slice(), scores: device.read(scores).slice() };
}

/** The model's own scores, and the best of each row. */
function rankScores(call: RankCall, ranking: BlockScores): Lists {
  const { device, userIds, k } = call;
  const rows = device.floats(Math.min(blockScoreUsers, userIds.length) * ranking.items, 'any'); // [block, items]
  const lists = { items: new Int32Array(userIds.length * k), scores: new Float32Array(userIds.length * k) };
  forBlocks(call, blockScoreUsers, (ids, masked, start) => {
    const block = rows.subarray(0, ids.length * ranking.items);
    ranking.write(ids, block);
    const all = device.read(block);
    for (let row = 0; row < ids.length; row++) {
      const at = start + row;
      bestOfRow(
        all.subarray(row * ranking.items, (row + 1) * ranking.items),
        masked.itemIds.subarray(masked.offsets[row], masked.offsets[row + 1]),
        lists.items.subarray(at * k, (at + 1) * k),
        lists.scores.subarray(at * k, (at + 1) * k),
      );
    }
  });
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
