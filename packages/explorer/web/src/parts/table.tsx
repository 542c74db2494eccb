import type { ComponentChildren } from 'preact';
import { useState } from 'preact/hooks';

/** A column: what it shows, and what it is sorted by. */
export interface Column<Row> {
  readonly name: string;
  /** null comes last either way */
  value?(row: Row): number | string | null;
  cell(row: Row): ComponentChildren;
  /** left, and broken into lines */
  readonly words?: boolean;
  /** left out where there is little room */
  readonly wide?: boolean;
}

interface Order {
  readonly column: number;
  readonly sign: 1 | -1;
}

/** A table whose columns sort by a click: numbers from the highest, words from the first; the second click turns it round. */
export function Table<Row>(props: {
  rows: readonly Row[];
  columns: readonly Column<Row>[];
  keyOf(row: Row): string;
  label: string;
}) {
  const { rows, columns, keyOf, label } = props;
  const [order, setOrder] = useState<Order | null>(null);
  const sorted = order ? rows.toSorted(comparing(columns[order.column], order.sign)) : rows;
  const choose = (column: number) => {
    const first = columns[column].words ? 1 : -1;
    setOrder(order?.column === column ? { column, sign: order.sign === 1 ? -1 : 1 } : { column, sign: first });
  };
  return (
    <div class="scroll">
      <table aria-label={label}>
        <thead>
          <tr>
            {columns.map(({ name, value, words, wide }, at) => (
              <th
                key={name}
                scope="col"
                class={classOf(words, wide)}
                aria-sort={order?.column === at ? (order.sign === 1 ? 'ascending' : 'descending') : undefined}
              >
                {value ? (
                  <button type="button" onClick={() => choose(at)}>
                    {name}
                  </button>
                ) : (
                  name
                )}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {sorted.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map(({ name, cell, words, wide }) => (
                <td key={name} class={classOf(words, wide)}>
                  {cell(row)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function classOf(words?: boolean, wide?: boolean): string {
  return [words && 'words', wide && 'wide'].filter(Boolean).join(' ');
}

function comparing<Row>({ value }: Column<Row>, sign: 1 | -1) {
  return (a: Row, b: Row): number => {
    const [x, y] = [value?.(a) ?? null, value?.(b) ?? null];
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    if (typeof x === 'number' && typeof y === 'number') return sign * (x - y);
    return sign * String(x).localeCompare(String(y));
  };
}
