import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { AmrError } from '@agentmmrec/core';

const WORD = 4;

/**
 * A table of float32 or int32 rows in a file of nothing else (little endian), read row by row: what a server answers from may be larger
 * than the memory it has, and the operating system keeps what is asked for often.
 */
export class RowFile {
  private file: number | null;

  /** @param columns of each row */
  constructor(
    private readonly path: string,
    readonly columns: number,
  ) {
    this.file = openSync(path, 'r');
  }

  /** The bytes of a row, for a view of either type. @throws AmrError failed: a file that is shorter than that */
  row(at: number): ArrayBuffer {
    return this.read(at, 1);
  }

  /** [columns] */
  floats(at: number): Float32Array {
    return new Float32Array(this.row(at));
  }

  /** All rows at once, row-major. */
  all(rows: number): Float32Array {
    return new Float32Array(this.read(0, rows));
  }

  /** Lets go of the file. */
  close(): void {
    if (this.file !== null) closeSync(this.file);
    this.file = null;
  }

  private read(first: number, rows: number): ArrayBuffer {
    if (this.file === null) throw new Error(`${this.path} was closed`);
    const bytes = new Uint8Array(rows * this.columns * WORD);
    const begin = first * this.columns * WORD;
    for (let at = 0; at < bytes.length; ) {
      const count = readSync(this.file, bytes, at, bytes.length - at, begin + at);
      if (count === 0) throw shorter(this.path, begin + at);
      at += count;
    }
    return bytes.buffer;
  }
}

/** Writes rows one after the other. The caller's folder has a temporary name until all is written. */
export class RowWriter {
  private readonly file: number;

  constructor(path: string) {
    this.file = openSync(path, 'wx');
  }

  append(rows: Float32Array | Int32Array): void {
    const bytes = new Uint8Array(rows.buffer, rows.byteOffset, rows.byteLength);
    for (let at = 0; at < bytes.length; ) at += writeSync(this.file, bytes, at);
  }

  close(): void {
    closeSync(this.file);
  }
}

/** Writes a whole table. */
export function writeRows(path: string, rows: Float32Array | Int32Array): void {
  const writer = new RowWriter(path);
  try {
    writer.append(rows);
  } finally {
    writer.close();
  }
}

function shorter(path: string, at: number): AmrError {
  return new AmrError({
    what: path,
    got: `an end at byte ${at}`,
    expected: 'the rows that were written',
    hint: 'start the server again: what is damaged is made anew',
    kind: 'failed',
  });
}
