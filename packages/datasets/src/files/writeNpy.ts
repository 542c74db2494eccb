import type { Matrix } from '@agentmmrec/core';

/** A matrix as an `.npy` file, version 1, little endian float32 in C order (NumPy enhancement proposal 1). */
export function encodeNpy({ rows, cols, data }: Matrix): Uint8Array {
  const header = `{'descr': '<f4', 'fortran_order': False, 'shape': (${rows}, ${cols}), }`;
  // Magic, version and length take 10 bytes; the values start at a multiple of 64.
  const length = Math.ceil((10 + header.length + 1) / 64) * 64 - 10;
  const head = Buffer.alloc(10 + length, ' ');
  head.write('\x93NUMPY\x01\x00', 'latin1');
  head.writeUInt16LE(length, 8);
  head.write(header, 10, 'latin1');
  head.write('\n', 10 + length - 1, 'latin1');
  return Buffer.concat([head, Buffer.from(data.buffer, data.byteOffset, 4 * rows * cols)]);
}
