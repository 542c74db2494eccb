import { type FileHandle, open } from 'node:fs/promises';
import { AmrError, fileError, type Matrix, matrix, requireFile } from '@agentmmrec/core';

/** NumPy refuses longer headers itself; a larger length field means damage. */
const longestHeaderBytes = 2 ** 16;
const chunkValues = 2 ** 18;
const bytesOf = { '<f2': 2, '<f4': 4, '<f8': 8 } as const;
type ValueType = keyof typeof bytesOf;

interface NpyHeader {
  readonly type: ValueType;
  readonly columnMajor: boolean;
  readonly rows: number;
  readonly cols: number;
  /** where the values begin, in bytes */
  readonly start: number;
}

/**
 * Reads a NumPy `.npy` file of versions 1 to 3: a two-dimensional little-endian float array of 2, 4 or 8 bytes a value, in C
 * or Fortran order, as float32 rows. Reads in chunks; memory is the result.
 * @param path what errors call it
 * @throws AmrError input: not `.npy`, pickled objects, other types, byte orders or shapes, cut short, a value that is not
 *   finite (with its row)
 */
export async function readNpy(file: string, path = file): Promise<Matrix> {
  requireFile(file);
  const opened = await open(file, 'r').catch((cause: unknown) => {
    throw fileError(`reading ${path}`, cause);
  });
  try {
    const header = await readHeader(opened, path);
    const { size } = await opened.stat();
    const expected = header.start + header.rows * header.cols * bytesOf[header.type];
    if (size !== expected) {
      throw new AmrError({
        what: path,
        got: `${size} bytes`,
        expected: `${expected} for ${header.rows} x ${header.cols} values of ${header.type}`,
        hint: 'the file is cut short or damaged; copy or save it again',
      });
    }
    return await readValues(opened, header, path);
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  } finally {
    await opened.close();
  }
}

async function readHeader(file: FileHandle, path: string): Promise<NpyHeader> {
  const prefix = await readBytes(file, 0, 12);
  if (prefix.length < 12 || prefix.toString('latin1', 0, 6) !== '\x93NUMPY') {
    throw wrong(path, 'no NumPy header', 'a .npy file', 'save the array with numpy.save(path, array)');
  }
  const version = prefix[6];
  if (version < 1 || version > 3) throw wrong(path, `version ${version}`, '.npy version 1, 2 or 3');
  const lengthBytes = version === 1 ? 2 : 4;
  const length = version === 1 ? prefix.readUInt16LE(8) : prefix.readUInt32LE(8);
  if (length > longestHeaderBytes) throw wrong(path, `a header of ${length} bytes`, `at most ${longestHeaderBytes}`);
  const start = 8 + lengthBytes + length;
  const bytes = await readBytes(file, 8 + lengthBytes, length);
  if (bytes.length < length) throw wrong(path, 'a header that is cut short', 'a whole file');
  return parseHeader(bytes.toString(version === 3 ? 'utf8' : 'latin1'), start, path);
}

function parseHeader(text: string, start: number, path: string): NpyHeader {
  const type = /'descr'\s*:\s*'([^']*)'/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([^)]*)\)/.exec(text)?.[1];
  if (type === undefined && /'descr'\s*:\s*\[/.test(text)) throw wrong(path, 'a structured array', 'plain numbers');
  if (type === undefined || order === undefined || shape === undefined) {
    throw wrong(path, `the header ${JSON.stringify(text.slice(0, 80))}`, 'descr, fortran_order and shape');
  }
  if (type.includes('O')) {
    throw wrong(
      path,
      'pickled Python objects',
      'numbers (f2, f4 or f8)',
      'pickles can run code and are never loaded; save with numpy.save(path, array.astype("float32"))',
    );
  }
  if (!(type in bytesOf)) {
    throw wrong(
      path,
      `values of type ${JSON.stringify(type.slice(0, 20))}`,
      '<f2, <f4 or <f8',
      'convert with array.astype("<f4")',
    );
  }
  const sizes = shape
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '');
  if (sizes.length !== 2 || !sizes.every((part) => /^[1-9]\d{0,9}$/.test(part))) {
    throw wrong(path, `shape (${shape.slice(0, 60)})`, 'two dimensions: rows and width, each at least 1');
  }
  return {
    type: type as ValueType,
    columnMajor: order === 'True',
    rows: Number(sizes[0]),
    cols: Number(sizes[1]),
    start,
  };
}

async function readValues(file: FileHandle, header: NpyHeader, path: string): Promise<Matrix> {
  const { type, columnMajor, rows, cols, start } = header;
  const bytesPerValue = bytesOf[type];
  const total = rows * cols;
  const out = allocate(rows, cols, path);
  for (let first = 0; first < total; first += chunkValues) {
    const count = Math.min(chunkValues, total - first);
    const bytes = await readBytes(file, start + first * bytesPerValue, count * bytesPerValue);
    if (bytes.length < count * bytesPerValue) throw wrong(path, 'fewer values than its shape says', 'a whole file');
    for (let n = 0; n < count; n++) {
      const value = readValue(bytes, n, type);
      const position = first + n;
      const at = columnMajor ? (position % rows) * cols + Math.floor(position / rows) : position;
      out.data[at] = value;
      if (!Number.isFinite(out.data[at])) {
        throw wrong(
          `${path} row ${Math.floor(at / cols)} (counted from 0), column ${at % cols}`,
          String(value),
          'a finite number that fits 32 bits',
          'replace missing features before saving, for example by the mean of the column',
        );
      }
    }
  }
  return out;
}

function allocate(rows: number, cols: number, path: string): Matrix {
  try {
    return matrix(rows, cols);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw wrong(path, `${rows} x ${cols} values`, 'an array that fits the memory');
  }
}

function readValue(bytes: Buffer, n: number, type: ValueType): number {
  if (type === '<f4') return bytes.readFloatLE(n * 4);
  if (type === '<f8') return bytes.readDoubleLE(n * 8);
  return fromHalf(bytes.readUInt16LE(n * 2));
}

/** The value of an IEEE 754 binary16. */
export function fromHalf(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

async function readBytes(file: FileHandle, position: number, length: number): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  let filled = 0;
  while (filled < length) {
    const { bytesRead } = await file.read(buffer, filled, length - filled, position + filled);
    if (bytesRead === 0) break;
    filled += bytesRead;
  }
  return buffer.subarray(0, filled);
}

function wrong(what: string, got: string, expected: string, hint = 'save it again with numpy.save(path, array)') {
  return new AmrError({ what, got, expected, hint });
}
