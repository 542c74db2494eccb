import { expect, test } from '@jest/globals';
import { fittingTable } from './fittingTable.js';

const rows = [
  ['run', 'state', 'seed', 'begun'],
  ['catalog-lightgcn', 'finished', '999', '2026-11-28 07:14'],
];

test('columns that may be left out go, in their order, until the table fits', () => {
  const table = (columns: number) => fittingTable(rows, { columns, spare: ['seed', 'begun'], words: ['state'] });
  expect(table(Number.POSITIVE_INFINITY).leftOut).toEqual([]);
  expect(table(47)).toEqual({
    leftOut: ['seed'],
    table: 'run               state                begun\ncatalog-lightgcn  finished  2026-11-28 07:14',
  });
  expect(table(10).leftOut).toEqual(['seed', 'begun']);
});
