import { AmrError } from '@agentmmrec/core';

/** Text packs to a tenth at best; a file that grows this much is made to fill a memory or a disk. */
const largestGrowth = 200;
/** Below this size any growth is harmless: it is read in seconds. */
const harmlessBytes = 8 * 2 ** 20;

/**
 * @param packedBytes of the file that were read
 * @param bytes what came out of them so far
 * @throws AmrError input: more than a file of a data set can hold
 */
export function refuseGrowth(path: string, packedBytes: number, bytes: number): void {
  if (bytes <= harmlessBytes || bytes <= largestGrowth * packedBytes) return;
  throw new AmrError({
    what: path,
    got: `${bytes} bytes and more out of ${packedBytes}`,
    expected: `a file that unpacks to at most ${largestGrowth} times its size`,
    hint: 'this is no text of a data set; check where the file came from',
  });
}
