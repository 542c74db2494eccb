import { createHash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';

/** JSON with keys in code-unit order and typed arrays and bytes by their digest: equal values give equal text. */
export function canonicalJson(value: unknown): string {
  if (value === undefined) return 'null';
  if (ArrayBuffer.isView(value)) return JSON.stringify(`bytes:${digest(value)}`);
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`;
  if (value !== null && typeof value === 'object') {
    const entries = Object.entries(value).filter(([, v]) => v !== undefined);
    entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
    return `{${entries.map(([k, v]) => `${JSON.stringify(k)}:${canonicalJson(v)}`).join(',')}}`;
  }
  return JSON.stringify(value);
}

/** SHA-256, hexadecimal, of raw bytes, of a text, or of the canonical JSON of anything else. */
export function digest(value: unknown): string {
  const hash = createHash('sha256');
  if (ArrayBuffer.isView(value)) hash.update(new Uint8Array(value.buffer, value.byteOffset, value.byteLength));
  else hash.update(typeof value === 'string' ? value : canonicalJson(value));
  return hash.digest('hex');
}

/** SHA-256, hexadecimal, of a file, read in pieces. @throws what the system says of the path */
export function digestOfFile(path: string): string {
  const hash = createHash('sha256');
  const piece = Buffer.alloc(2 ** 22);
  const file = openSync(path, 'r');
  try {
    for (let bytes = readSync(file, piece); bytes > 0; bytes = readSync(file, piece))
      hash.update(piece.subarray(0, bytes));
  } finally {
    closeSync(file);
  }
  return hash.digest('hex');
}
