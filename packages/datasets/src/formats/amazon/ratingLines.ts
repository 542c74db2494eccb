import { AmrError } from '@agentmmrec/core';
import type { ColumnChoice } from '../../files/columns.js';
import type { DropCounter } from '../droppedRows.js';
import { hasHeader } from './amazonFiles.js';
import { idText } from './amazonRecords.js';

/** A user's rating of an item; null and NaN where the source has none. */
export interface Rating {
  readonly user: string | null;
  readonly item: string | null;
  readonly rating: number;
  readonly time: number;
}

/** Place of each field in a line. */
type RatingOrder = Readonly<Record<'user' | 'item' | 'rating' | 'timestamp', number>>;

/** `ratings_X.csv` of 2014, and the named columns of 2023. */
const orderOf2014: RatingOrder = { user: 0, item: 1, rating: 2, timestamp: 3 };
const itemFirst = /^(?:B[0-9A-Z]{9}|\d{9}[\dX]),(?!(?:B[0-9A-Z]{9}|\d{9}[\dX]),)/;

/**
 * The order of the columns of ratings without a header. 2014 has the user first and 2018 the item: nothing in the lines says so for
 * sure, so what does not bear the name of 2014 is asked for.
 * @throws AmrError input: no choice where one is needed, or an incomplete one
 */
export function ratingOrder(path: string, firstLine: string, columns: ColumnChoice | undefined): RatingOrder {
  if (columns) return chosenOrder(path, columns);
  if (hasHeader(firstLine)) return orderOf2014;
  if (/(^|[\\/])ratings_[^\\/]*$/.test(path) && !itemFirst.test(firstLine)) return orderOf2014;
  throw new AmrError({
    what: path,
    got: `columns without names, first ${JSON.stringify(firstLine.slice(0, 80))}`,
    expected: 'to be told which is the user and which the item',
    hint: 'say --columns item=1,user=2,rating=3,timestamp=4 for ratings of 2018, or user=1,item=2,rating=3,timestamp=4 for those of 2014',
  });
}

function chosenOrder(path: string, columns: ColumnChoice): RatingOrder {
  const fields = ['user', 'item', 'rating', 'timestamp'] as const;
  const places = fields.map((field) => Number(columns[field] ?? Number.NaN) - 1);
  if ([...places].sort().every((place, n) => place === n)) {
    return { user: places[0], item: places[1], rating: places[2], timestamp: places[3] };
  }
  throw new AmrError({
    what: `${path}, option columns`,
    got: Object.entries(columns)
      .map((pair) => pair.join('='))
      .join(','),
    expected: 'a place from 1 to 4 for each of user, item, rating and timestamp',
    hint: 'for example --columns item=1,user=2,rating=3,timestamp=4',
  });
}

/** Four fields; a fifth says nothing new. */
export function readRatingLine(
  line: string,
  order: RatingOrder,
  dropped: DropCounter,
  onRating: (rating: Rating) => void,
): void {
  if (line === '') return;
  const fields = line.split(',');
  // Parts of 2023 name the items before in a fifth.
  if (fields.length !== 4 && fields.length !== 5) {
    dropped.add('lines without four fields');
    return;
  }
  onRating({
    user: idText(fields[order.user]),
    item: idText(fields[order.item]),
    rating: Number(fields[order.rating] || Number.NaN),
    time: Number(fields[order.timestamp] || Number.NaN),
  });
}
