import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { AmrError, fileError, requireFile } from '@agentmmrec/core';
import { refuseGrowth } from './growth.js';

const chunkBytes = 2 ** 20;

/**
 * The bytes of a file in chunks, unpacked when its name ends in `.gz` or its first bytes say that it is
 * packed so. Memory is bounded by a few chunks. A chunk may be
 * overwritten by the next: copy what is kept.
 * @throws AmrError input: missing, a folder, not gzip, cut short, or growing more than 200-fold
 */
export async function* byteChunks(path: string): AsyncGenerator<Buffer> {
  requireFile(path);
  const packed = path.endsWith('.gz') || (await begins(path)).equals(gzipMark);
  yield* packed ? unpackedChunks(path) : plainChunks(path);
}

const gzipMark = Buffer.of(0x1f, 0x8b);

async function begins(path: string): Promise<Buffer> {
  for await (const chunk of plainChunks(path)) return Buffer.from(chunk.subarray(0, gzipMark.length));
  return Buffer.alloc(0);
}

async function* plainChunks(path: string): AsyncGenerator<Buffer> {
  const file = await open(path, 'r').catch((cause: unknown) => {
    throw fileError(`reading ${path}`, cause);
  });
  try {
    const chunk = Buffer.alloc(chunkBytes);
    for (;;) {
      const { bytesRead } = await file.read(chunk, 0, chunkBytes, null).catch((cause: unknown) => {
        throw fileError(`reading ${path}`, cause);
      });
      if (bytesRead === 0) return;
      yield chunk.subarray(0, bytesRead);
    }
  } finally {
    await file.close();
  }
}

async function* unpackedChunks(path: string): AsyncGenerator<Buffer> {
  const packed = createReadStream(path, { highWaterMark: chunkBytes });
  const unpacked = createGunzip({ chunkSize: chunkBytes });
  // An error of the file must end the reading of what is unpacked from it.
  packed.on('error', (cause) => unpacked.destroy(cause));
  packed.pipe(unpacked);
  let bytes = 0;
  try {
    for await (const chunk of unpacked as AsyncIterable<Buffer>) {
      bytes += chunk.length;
      refuseGrowth(path, packed.bytesRead, bytes);
      yield chunk;
    }
  } catch (cause) {
    throw gzipError(path, cause);
  } finally {
    packed.destroy();
    unpacked.destroy();
  }
}

function gzipError(path: string, cause: unknown): AmrError {
  if (cause instanceof AmrError) return cause;
  const code = (cause as NodeJS.ErrnoException).code ?? '';
  if (!code.startsWith('Z_')) return fileError(`reading ${path}`, cause);
  return new AmrError({
    what: path,
    got: code === 'Z_BUF_ERROR' ? 'a gzip file that ends too early' : 'bytes that are not gzip',
    expected: 'a whole gzip file',
    hint: 'the download was cut short or saved under a wrong name; fetch it again',
    cause,
  });
}
