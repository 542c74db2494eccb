import { rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AmrError, type Matrix, temporaryFolder } from '@agentmmrec/core';
import { readNpy } from './npy.js';
import { entryNames, unzipFile } from './zipArchive.js';

/** What an archive of features may unpack to. */
const largestArrayBytes = 2 ** 36;

/**
 * Reads the one array of a NumPy `.npz` archive, stored or packed, as `readNpy` reads a file.
 * @throws AmrError input: no archive, several arrays, what `readNpy` refuses
 */
export async function readNpz(path: string): Promise<Matrix> {
  const arrays = (await entryNames(path)).filter((name) => name.endsWith('.npy'));
  if (arrays.length !== 1) {
    throw new AmrError({
      what: path,
      got: arrays.length === 0 ? 'an archive without arrays' : `the arrays ${arrays.slice(0, 8).join(', ')}`,
      expected: 'one array of items by width',
      hint: 'save the one that holds the features: numpy.save("X_feat.npy", array)',
    });
  }
  const folder = temporaryFolder(tmpdir(), 'agentmmrec');
  try {
    const unpacked = join(folder, 'array.npy');
    await unzipFile(path, arrays[0], unpacked, largestArrayBytes);
    return await readNpy(unpacked, path);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
