import { AmrError } from '@agentmmrec/core';
import type { TableRow } from '../../files/cells.js';
import { isNameOf } from '../../files/columns.js';
import { isId } from '../../files/fieldValues.js';
import type { TableFacts } from '../../files/table.js';
import type { IdNumbering } from '../idNumbering.js';
import type { InteractionRows } from '../interactionRows.js';

/**
 * Rows as data for models of sequences have them: an item, and those before it (`item_id_list`). The earlier ones are interactions of
 * the same user too, one each however often a row repeats them. Nobody says when they were, so no row of such a file keeps a time
 * or a rating.
 */
export class EarlierItems {
  /** by user */
  private readonly earlier = new Map<number, Set<number>>();
  private readonly own = new Map<number, Set<number>>();
  private rows = 0;

  /** @returns whether the row has a list of earlier items. @throws AmrError input: what is no id in it */
  take(row: TableRow, user: number, item: number, items: IdNumbering): boolean {
    const list = row.field('earlier items');
    if (list === undefined) return false;
    this.rows++;
    addTo(this.own, user, item);
    for (const id of list.replace(/[[\]'"]/g, ' ').split(/[\s,]+/)) {
      if (id === '') continue;
      if (!isId(id)) throw noId(row.where, id);
      addTo(this.earlier, user, items.numberOf(id));
    }
    return true;
  }

  /** What was found in the file, without the column that was read here. */
  factsWithout(facts: TableFacts): TableFacts {
    return { ...facts, others: facts.others.filter((name) => !isNameOf('earlier items', name)) };
  }

  /**
   * Adds the earlier items that are nowhere a row's own.
   * @param label of the split: 0 where the rows have labels, since what came before is known when a row is asked about
   * @returns what is to be remarked
   */
  addTo(rows: InteractionRows, label: number | undefined): string[] {
    if (this.rows === 0) return [];
    let added = 0;
    for (const [user, items] of this.earlier) {
      for (const item of items) {
        if (this.own.get(user)?.has(item)) continue;
        rows.add(user, item, undefined, undefined, label);
        added++;
      }
    }
    return [
      `lists of earlier items add ${added} interactions${label === undefined ? '' : ' to training'}; times and ratings, which they lack, are left out`,
    ];
  }
}

function addTo(sets: Map<number, Set<number>>, user: number, item: number): void {
  const set = sets.get(user) ?? new Set();
  set.add(item);
  sets.set(user, set);
}

function noId(where: string, id: string): AmrError {
  return new AmrError({
    what: `${where}, the earlier items`,
    got: JSON.stringify(id.slice(0, 40)),
    expected: 'ids of 1 to 256 characters, parted by blanks',
    hint: 'repair or remove the row',
  });
}
