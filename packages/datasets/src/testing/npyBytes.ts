/** Bytes of a `.npy` file as NumPy lays them out, for any header a test wants. */
export function npyBytes(header: string, values: Uint8Array, version = 1): Buffer {
  const lengthBytes = version === 1 ? 2 : 4;
  const padded = `${header.padEnd(Math.ceil((header.length + 9 + lengthBytes) / 64) * 64 - 9 - lengthBytes)}\n`;
  const prefix = Buffer.alloc(8 + lengthBytes);
  prefix.write('\x93NUMPY', 'latin1');
  prefix[6] = version;
  if (version === 1) prefix.writeUInt16LE(padded.length, 8);
  else prefix.writeUInt32LE(padded.length, 8);
  return Buffer.concat([prefix, Buffer.from(padded, 'latin1'), values]);
}

/** The usual header. */
export function npyHeader(type: string, rows: number, cols: number, columnMajor = false): string {
  return `{'descr': '${type}', 'fortran_order': ${columnMajor ? 'True' : 'False'}, 'shape': (${rows}, ${cols}), }`;
}

/** A whole file of little-endian float32 values. */
export function npyOf(rows: number, cols: number, values: readonly number[]): Buffer {
  return npyBytes(npyHeader('<f4', rows, cols), new Uint8Array(Float32Array.from(values).buffer));
}
