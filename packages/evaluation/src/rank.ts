import { AmrError } from '@agentmmrec/core';
import { type Interactions, itemsOf } from '@agentmmrec/datasets';
import type { Device, Floats } from '@agentmmrec/kernels';
import type { Evaluation, RankedLists } from './contract.js';
import { evaluationDepth, metricsOf } from './metrics.js';

/** What a model offers for ranking: users [users, d] and items [items, d]; the score is the inner product. */
export interface Representations {
  readonly users: Floats;
  readonly items: Floats;
  readonly d: number;
}

/** Users ranked by one kernel call: enough rows to keep every thread busy, few enough that lists stay in cache. */
const blockUsers = 1024;

/**
 * Full ranking: the k best items of each user among all items, leaving out the user's masked ones, ties to the lower id.
 * @param call.users [users, d] and call.items [items, d] on the device; not changed
 * @param call.mask items never listed, normally the training interactions
 * @param call.userIds whom to rank, in the order of the result
 * @param call.k length of each list; where fewer items remain the rest is id -1 with score minus infinity
 * @param call.excludeAlso further items never listed (validation at test time, where that is asked for)
 * @throws AmrError input: a user id outside the mask; k below 1
 */
export function rankUsers(call: {
  device: Device;
  users: Floats;
  items: Floats;
  d: number;
  mask: Interactions;
  userIds: Int32Array;
  k: number;
  excludeAlso?: Interactions;
}): RankedLists {
  checkCall(call.userIds, call.mask, call.k);
  const { device, d, userIds, k } = call;
  const items = new Int32Array(userIds.length * k);
  const scores = new Float32Array(userIds.length * k);
  device.reclaimOnFailure(() => {
    const rows = device.floats(Math.min(blockUsers, userIds.length) * d); // [block, d]
    for (let start = 0; start < userIds.length; start += blockUsers) {
      const ids = userIds.subarray(start, start + blockUsers);
      const block = rankBlock(call, ids, rows.subarray(0, ids.length * d));
      items.set(block.items, start * k);
      scores.set(block.scores, start * k);
    }
    device.release(rows);
  });
  return { userIds: userIds.slice(), k, items, scores };
}

type RankCall = Parameters<typeof rankUsers>[0];

/** One kernel call. */
function rankBlock(call: RankCall, ids: Int32Array, rows: Floats): { items: Int32Array; scores: Float32Array } {
  const { device, d, k } = call;
  const masked = maskRows(ids, call.excludeAlso ? [call.mask, call.excludeAlso] : [call.mask]);
  const userRows = intsOf(device, ids);
  const maskOffsets = intsOf(device, masked.offsets);
  const maskIndices = intsOf(device, masked.itemIds);
  const indices = device.ints(ids.length * k);
  const scores = device.floats(ids.length * k);
  device.kernels.gatherRows({ out: rows, x: call.users, ids: userRows, d });
  device.kernels.rankTopK({ indices, scores, users: rows, items: call.items, maskOffsets, maskIndices, d, k });
  // Copies: on the CPU `read` gives the pooled memory itself, which the next block reuses.
  const lists = { items: device.read(indices).slice(), scores: device.read(scores).slice() };
  for (const memory of [userRows, maskOffsets, maskIndices, indices, scores]) device.release(memory);
  return lists;
}

function intsOf(device: Device, values: Int32Array) {
  const memory = device.ints(values.length);
  device.write(memory, values);
  return memory;
}

/** The union of the users' rows in `sources`, ascending and without duplicates, as offsets and ids. */
function maskRows(userIds: Int32Array, sources: readonly Interactions[]): { offsets: Int32Array; itemIds: Int32Array } {
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

/**
 * Ranks every user who has truth against all items, training items masked, and measures the lists.
 * @param call.excludeAlso masked besides; by default validation items stay rankable at test time, as the field does
 */
export function evaluateRepresentations(call: {
  device: Device;
  representations: Representations;
  train: Interactions;
  truth: Interactions;
  excludeAlso?: Interactions;
}): Evaluation {
  const { device, representations, train, truth, excludeAlso } = call;
  const lists = rankUsers({
    device,
    ...representations,
    mask: train,
    userIds: usersOf(truth),
    k: evaluationDepth,
    excludeAlso,
  });
  return metricsOf(lists, truth, train);
}
