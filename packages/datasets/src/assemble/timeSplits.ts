import { AmrError, type RandomStreams } from '@agentmmrec/core';
import type { Pairs } from '../dataset/interactions.js';
import { orderByUser } from './mergeDuplicates.js';
import { heldOutCounts, splitLabel } from './split.js';

/**
 * Per user in the order of time: the latest interactions are test, those before them validation, in the counts of
 * `heldOutCounts`. Equal times keep the order of the file.
 * @param times [pairs] seconds or any other unit that grows with time
 * @returns label of each pair; a user with test interactions has training interactions, all of them no later
 */
export function splitTemporalByUser(users: number, pairs: Pairs, times: Float64Array): Uint8Array {
  return splitLatest(users, pairs, times, heldOutCounts);
}

/**
 * Leave one out: a user's last interaction is test and the one before it validation. Without times both are drawn, one stream
 * a user. Users with fewer than three interactions stay whole in training.
 * @returns label of each pair
 */
export function splitLeaveOneOut(
  users: number,
  pairs: Pairs,
  times: Float64Array | null,
  random: RandomStreams,
): Uint8Array {
  const order = times ?? drawnOrder(users, pairs, random);
  return splitLatest(users, pairs, order, (n) => (n < 3 ? { validation: 0, test: 0 } : { validation: 1, test: 1 }));
}

/**
 * One moment for everybody: training ends where 8 of 10 interactions lie before, validation where 9 of 10 do. Interactions of
 * the same moment are never parted, so the shares are met as nearly as times allow without one split reaching into the next.
 * Users and items may appear first after training: this split promises no training items to anybody.
 * @returns label of each pair
 * @throws AmrError input: all training would be empty, as when all times are equal
 */
export function splitTemporalGlobal(pairs: Pairs, times: Float64Array): Uint8Array {
  const sorted = times.slice().sort();
  const validationFrom = sorted[Math.floor((sorted.length * 8) / 10)];
  const testFrom = sorted[Math.floor((sorted.length * 9) / 10)];
  if (sorted.length === 0 || validationFrom === sorted[0]) {
    throw new AmrError({
      what: 'split temporal-global',
      got: 'no interaction earlier than the last fifth: too many share one time',
      expected: 'times that tell earlier from later interactions',
      hint: 'use temporal-user, or mmrec-random',
    });
  }
  return Uint8Array.from(pairs.userIds, (_, n) => {
    if (times[n] >= testFrom) return splitLabel.test;
    return times[n] >= validationFrom ? splitLabel.validation : splitLabel.train;
  });
}

/** The last of each user's interactions held out: validation first, then test. */
function splitLatest(
  users: number,
  pairs: Pairs,
  times: Float64Array,
  countsOf: (n: number) => { readonly validation: number; readonly test: number },
): Uint8Array {
  const labels = new Uint8Array(pairs.userIds.length);
  const order = orderByUser(users, pairs.userIds);
  for (let start = 0; start < order.length; ) {
    let end = start;
    while (end < order.length && pairs.userIds[order[end]] === pairs.userIds[order[start]]) end++;
    const own = order.slice(start, end).sort((a, b) => times[a] - times[b] || a - b);
    const { validation, test } = countsOf(own.length);
    for (let n = own.length - validation - test; n < own.length; n++) {
      labels[own[n]] = n < own.length - test ? splitLabel.validation : splitLabel.test;
    }
    start = end;
  }
  return labels;
}

/** A drawn position of each pair among its user's, standing in for a time. */
function drawnOrder(users: number, pairs: Pairs, random: RandomStreams): Float64Array {
  const positions = new Float64Array(pairs.userIds.length);
  const order = orderByUser(users, pairs.userIds);
  for (let start = 0; start < order.length; ) {
    const user = pairs.userIds[order[start]];
    let end = start;
    while (end < order.length && pairs.userIds[order[end]] === user) end++;
    random
      .stream('leave one out', user)
      .shuffle(order.slice(start, end))
      .forEach((position, n) => {
        positions[position] = n;
      });
    start = end;
  }
  return positions;
}
