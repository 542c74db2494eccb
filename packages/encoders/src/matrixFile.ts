import { fileError, fromArrow, type Matrix, readArrowFile, toArrow, writeArrowFile } from '@agentmmrec/core';
// Matrices are kept as Arrow tables of one column.
import { Table } from 'apache-arrow';

/** Writes a matrix as the column `features` of an Arrow file. @throws AmrError input or failed: what the system said */
export function writeMatrix(path: string, rows: Matrix): void {
  writeArrowFile(path, new Table({ features: toArrow(rows) }));
}

/** The matrix of such a file. @throws AmrError input: no such file, or another kind of one */
export function readMatrix(path: string): Matrix {
  const column = readArrowFile(path).getChild('features');
  if (column) return fromArrow(column);
  throw fileError(`reading ${path}`, new Error('a table without the column "features"'));
}
