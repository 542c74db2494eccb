import { TextDecoder } from 'node:util';
import { AmrError } from '@agentmmrec/core';
import { byteChunks } from './byteChunks.js';

/** No text record of any format we read comes near this; a file without line ends must not fill the memory. */
const longestLineBytes = 16 * 2 ** 20;

/** `utf-8`, or what GroupLens wrote before 2015: Latin-1 in lines that are not UTF-8. */
export type LineEncoding = 'utf-8' | 'latin-1 where not utf-8';

export interface LineReading {
  /** called instead of an error for a line that cannot be read; such a line is skipped */
  readonly onBad?: (reason: BadLine, number: number) => void;
  readonly encoding?: LineEncoding;
}

/** Why a line cannot be read. */
export type BadLine = 'not UTF-8' | 'longer than 16 MiB';

/**
 * Calls `onLine` with each line of a text file (UTF-8 or UTF-16) without its end (LF, CRLF or CR) and its number, counted from 1. A file whose name
 * ends in `.gz` is unpacked on the way. Reads in chunks: memory is bounded by the longest line. An empty last line is not a
 * line, and a byte order mark is not part of the first.
 * @throws AmrError input: missing, a folder, no gzip, a line that is not UTF-8 or longer than 16 MiB; what `onLine` throws
 */
export async function forEachLine(
  path: string,
  onLine: (line: string, number: number) => void,
  { onBad, encoding = 'utf-8' }: LineReading = {},
): Promise<void> {
  const older = encoding === 'utf-8' ? null : new TextDecoder('latin1');
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let held: Buffer[] = [];
  let heldBytes = 0;
  let skipping = false;
  let number = 0;
  const emit = (bytes: Buffer) => {
    number++;
    const line = decodeLine(decoder, bytes) ?? (older && decodeLine(older, bytes));
    if (line !== null) onLine(line, number);
    else if (onBad) onBad('not UTF-8', number);
    else throw notUtf8(`${path} line ${number}`);
  };
  for await (const chunk of textChunks(path)) {
    let start = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, start)) {
      const rest = chunk.subarray(start, end);
      start = end + 1;
      if (skipping) skipping = false;
      else emit(held.length === 0 ? rest : Buffer.concat([...held, rest]));
      held = [];
      heldBytes = 0;
    }
    if (skipping || start === chunk.length) continue;
    held.push(Buffer.from(chunk.subarray(start)));
    heldBytes += chunk.length - start;
    if (heldBytes <= longestLineBytes) continue;
    if (!onBad) throw tooLong(`${path} line ${number + 1}`);
    number++;
    onBad('longer than 16 MiB', number);
    skipping = true;
    held = [];
    heldBytes = 0;
  }
  if (heldBytes > 0) emit(Buffer.concat(held));
}

/** Bytes of UTF-8 with LF at the ends of lines, or with CRLF, whatever a file begins as: UTF-16, or CR alone. */
async function* textChunks(path: string): AsyncGenerator<Buffer> {
  let utf16: TextDecoder | null = null;
  let returns = false;
  let first = true;
  for await (const chunk of byteChunks(path)) {
    if (first) {
      const packed = packedAs(chunk);
      if (packed !== undefined) throw stillPacked(path, packed);
      if (isUtf32(chunk)) throw utf32(path);
      const encoding = wideEncoding(chunk);
      if (encoding !== null) utf16 = new TextDecoder(encoding, { fatal: true });
      // A table of one line is none: what has many CR and no LF ends its lines so.
      returns = utf16 === null && chunk.includes(13) && !chunk.includes(10);
      first = false;
    }
    if (utf16) yield decodeWide(utf16, chunk, path);
    else if (returns) yield Buffer.from(chunk.map((byte) => (byte === 13 ? 10 : byte)));
    else yield chunk;
  }
}

function decodeWide(decoder: TextDecoder, chunk: Buffer, path: string): Buffer {
  try {
    return Buffer.from(decoder.decode(chunk, { stream: true }));
  } catch {
    throw notUtf8(path, 'UTF-16');
  }
}

function isUtf32([a, b, c, d]: Buffer): boolean {
  return (a === 0xff && b === 0xfe && c === 0 && d === 0) || (a === 0 && b === 0 && c === 0xfe && d === 0xff);
}

/** UTF-16 by its mark, or by the zeros beside the first letters. */
function wideEncoding([a, b, c, d]: Buffer): 'utf-16le' | 'utf-16be' | null {
  if ((a === 0xff && b === 0xfe) || (a > 0 && b === 0 && c > 0 && d === 0)) return 'utf-16le';
  return (a === 0xfe && b === 0xff) || (a === 0 && b > 0 && c === 0 && d > 0) ? 'utf-16be' : null;
}

function decodeLine(decoder: TextDecoder, bytes: Buffer): string | null {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === 13 ? bytes.length - 1 : bytes.length;
  try {
    return decoder.decode(bytes.subarray(0, end));
  } catch {
    return null;
  }
}

function notUtf8(what: string, encoding = 'UTF-8'): AmrError {
  return new AmrError({
    what,
    got: `bytes that are not ${encoding}`,
    expected: `${encoding} text`,
    hint: 'convert the file, for example with: iconv -f WINDOWS-1252 -t UTF-8 FILE > NEW',
  });
}

/** What archives and packers write first. */
const packers: readonly (readonly [name: string, mark: readonly number[]])[] = [
  ['a zip archive', [0x50, 0x4b, 3, 4]],
  ['gzip in gzip', [0x1f, 0x8b]],
  ['text packed with xz', [0xfd, 0x37, 0x7a, 0x58, 0x5a]],
  ['text packed with zstd', [0x28, 0xb5, 0x2f, 0xfd]],
  ['text packed with bzip2', [0x42, 0x5a, 0x68]],
];

function packedAs(chunk: Buffer): string | undefined {
  return packers.find(
    ([, mark]) => mark.every((byte, n) => chunk[n] === byte) && chunk.subarray(0, 64).some(isControl),
  )?.[0];
}

function isControl(byte: number): boolean {
  return byte < 9 || (byte > 13 && byte < 32);
}

function stillPacked(what: string, got: string): AmrError {
  return new AmrError({ what, got, expected: 'text, plain or packed with gzip', hint: 'unpack it first' });
}

function utf32(what: string): AmrError {
  return new AmrError({
    what,
    got: 'text in UTF-32',
    expected: 'UTF-8 or UTF-16',
    hint: 'convert the file: iconv -f UTF-32 -t UTF-8 FILE > NEW',
  });
}

function tooLong(what: string): AmrError {
  return new AmrError({
    what,
    got: `a line longer than ${longestLineBytes / 2 ** 20} MiB`,
    expected: 'one record a line',
    hint: 'check that the file is text with line ends',
  });
}
