import type { NeighbourLists } from '@agentmmrec/core';
import type { NeighbourOptions } from './neighbourGraph.js';

/**
 * Whether nodes are among their own neighbours, in every graph alike; or `as-built`: those of cosines are (the field's libraries include
 * them), refined lists are not.
 */
export type SelfRule = NeighbourOptions['self'] | 'as-built';

/** How graphs of cosines are built under a rule. */
export function selfAsBuilt(rule: SelfRule): NeighbourOptions['self'] {
  return rule === 'exclude' ? 'exclude' : 'include';
}

/**
 * The lists under one rule about a row itself. `include`: every row is in its own list; where none is, all get themselves as one more
 * neighbour, else those that lack themselves (pushed out by equals with lower ids) in the place of their last. `exclude`: none is; where
 * some are, all lists are shorter by one, by themselves or by their last. Lists that keep the rule stay as they are.
 * @returns lists of equal length; only what changes is new
 */
export function ruleOnSelf(lists: NeighbourLists, self: SelfRule): NeighbourLists {
  if (self === 'as-built') return lists;
  const { rows, k, indices } = lists;
  const own = Array.from({ length: rows }, (_, row) => indices.subarray(row * k, (row + 1) * k));
  const has = own.filter((list, row) => list.includes(row)).length;
  if (self === 'include') {
    if (has === rows) return lists;
    return of(
      own.map((list, row) =>
        has === 0 ? [row, ...list] : list.includes(row) ? [...list] : [row, ...list.subarray(0, k - 1)],
      ),
    );
  }
  // A row of which nothing is known is its own neighbour k times and has no other.
  const alone = own.map((list, row) => list.every((other) => other === row));
  if (has === 0 || k === 1) return lists;
  return of(
    own.map((list, row) => {
      if (alone[row]) return [...list.subarray(1)];
      const others = list.filter((other) => other !== row);
      return [...others.subarray(0, k - 1)];
    }),
  );
}

function of(lists: readonly (readonly number[])[]): NeighbourLists {
  return { rows: lists.length, k: lists[0]?.length ?? 0, indices: Int32Array.from(lists.flat()) };
}
