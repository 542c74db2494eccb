import { type Data, DataType, Field, FixedSizeList, Float32, makeData, Precision, Vector } from 'apache-arrow';
import { AmrError } from './errors.js';

/** A dense row-major float32 matrix: `data[row * cols + col]`. Whoever made `data` owns it; a Matrix is a view. */
export interface Matrix {
  readonly rows: number;
  readonly cols: number;
  /** [rows * cols] float32 */
  readonly data: Float32Array;
}

/** A zero matrix, or a view on `data` when given (length must be rows * cols). */
export function matrix(rows: number, cols: number, data?: Float32Array): Matrix {
  if (data && data.length !== rows * cols) {
    throw new AmrError({
      what: `matrix ${rows} x ${cols}`,
      got: `${data.length} values`,
      expected: `${rows * cols}`,
      hint: 'pass the values of every row, row by row',
      kind: 'internal',
    });
  }
  return { rows, cols, data: data ?? new Float32Array(rows * cols) };
}

/** Row `row` as a view [cols]; writing to it writes to the matrix. */
export function matrixRow(m: Matrix, row: number): Float32Array {
  return m.data.subarray(row * m.cols, (row + 1) * m.cols);
}

/** The matrix as an Arrow vector FixedSizeList<Float32>[cols] of `rows` entries, without copying. */
export function toArrow(m: Matrix): Vector<FixedSizeList<Float32>> {
  const values = makeData({ type: new Float32(), length: m.data.length, nullCount: 0, data: m.data });
  const type = new FixedSizeList(m.cols, new Field('value', new Float32(), false));
  return new Vector([makeData({ type, length: m.rows, nullCount: 0, child: values })]);
}

/** The Arrow vector as a matrix: a view when it is one unbroken chunk (slices included), one copy when it has several. */
export function fromArrow(vector: Vector): Matrix {
  const type = vector.type;
  if (!DataType.isFixedSizeList(type) || !isFloat32(type.children[0].type)) {
    throw new AmrError({
      what: 'Arrow column',
      got: String(type),
      expected: 'FixedSizeList<Float32>',
      hint: 'write embeddings as fixed-size lists of 32-bit floats',
    });
  }
  if (vector.nullCount > 0) {
    throw new AmrError({
      what: 'Arrow column',
      got: `${vector.nullCount} null rows`,
      expected: 'no nulls',
      hint: 'fill missing rows before writing',
    });
  }
  const cols = type.listSize;
  const chunks = vector.data.map((chunk) => chunkValues(chunk as Data<FixedSizeList<Float32>>, cols));
  if (chunks.length === 1) return matrix(vector.length, cols, chunks[0]);
  const out = matrix(vector.length, cols);
  let at = 0;
  for (const chunk of chunks) {
    out.data.set(chunk, at);
    at += chunk.length;
  }
  return out;
}

/** A column read from a file has the general Float type with a precision, not the Float32 class. */
function isFloat32(type: DataType): boolean {
  return DataType.isFloat(type) && type.precision === Precision.SINGLE;
}

/** A sliced FixedSizeList keeps its offset in rows on the parent; the child may carry its own on top. */
function chunkValues(chunk: Data<FixedSizeList<Float32>>, cols: number): Float32Array {
  const child = chunk.children[0];
  const values = child.values as Float32Array;
  const childIsSliced = values.length >= chunk.length * cols && child.length === chunk.length * cols;
  const start = childIsSliced ? 0 : chunk.offset * cols;
  return values.subarray(start, start + chunk.length * cols);
}
