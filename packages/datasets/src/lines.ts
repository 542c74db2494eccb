import { open } from 'node:fs/promises';
import { TextDecoder } from 'node:util';
import { AmrError, fileError } from '@agentmmrec/core';

/** No text record of any format we read comes near this; a file without line ends must not fill the memory. */
const longestLineBytes = 16 * 2 ** 20;
const chunkBytes = 2 ** 20;

/**
 * Calls `onLine` with each line of a UTF-8 file (without its end, LF or CRLF) and its number, counted from 1. Reads in
 * chunks: memory is bounded by the longest line. An empty last line is not a line.
 * @throws AmrError input: missing, a folder, a line that is not UTF-8 or longer than 16 MiB; what `onLine` throws
 */
export async function forEachLine(path: string, onLine: (line: string, number: number) => void): Promise<void> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw fileError(`reading ${path}`, cause);
  });
  try {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const chunk = Buffer.alloc(chunkBytes);
    let held: Buffer[] = [];
    let heldBytes = 0;
    let number = 0;
    const emit = (bytes: Buffer) => {
      number++;
      onLine(decodeLine(decoder, bytes, `${path} line ${number}`), number);
    };
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null).catch((cause: unknown) => {
        throw fileError(`reading ${path}`, cause);
      });
      if (bytesRead === 0) break;
      let start = 0;
      for (let end = chunk.indexOf(10, start); end >= 0 && end < bytesRead; end = chunk.indexOf(10, start)) {
        const rest = chunk.subarray(start, end);
        emit(held.length === 0 ? rest : Buffer.concat([...held, rest]));
        held = [];
        heldBytes = 0;
        start = end + 1;
      }
      if (start < bytesRead) {
        held.push(Buffer.from(chunk.subarray(start, bytesRead)));
        heldBytes += bytesRead - start;
        if (heldBytes > longestLineBytes) throw tooLong(`${path} line ${number + 1}`);
      }
    }
    if (heldBytes > 0) emit(Buffer.concat(held));
  } finally {
    await file.close();
  }
}

function decodeLine(decoder: TextDecoder, bytes: Buffer, what: string): string {
  const end = bytes.length > 0 && bytes[bytes.length - 1] === 13 ? bytes.length - 1 : bytes.length;
  try {
    return decoder.decode(bytes.subarray(0, end));
  } catch (cause) {
    throw new AmrError({
      what,
      got: 'bytes that are not UTF-8',
      expected: 'UTF-8 text',
      hint: 'convert the file, for example with iconv -t UTF-8',
      cause,
    });
  }
}

function tooLong(what: string): AmrError {
  return new AmrError({
    what,
    got: `a line longer than ${longestLineBytes / 2 ** 20} MiB`,
    expected: 'one record a line',
    hint: 'check that the file is text with line ends',
  });
}
