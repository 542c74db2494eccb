import { AmrError, digest, matrix, matrixRow } from '@agentmmrec/core';
import type { FailedImage, ImageEncoder } from '../encoder.js';
import { fillWithMean } from '../fillWithMean.js';
import { decodeImage } from './decodeImage.js';
import { pixelBlocks, pixelFeatures, pixelSide } from './pixelFeatures.js';

/** Raised when equal images get other vectors. */
const version = 1;
/** Decoding runs on threads of its own; a few at a time keep them busy. */
const batch = 8;

/**
 * Images as 512 measurements of their pixels: colours (everywhere and in the middle), layout, edges by place and strength,
 * local patterns, repetition, light. Needs no model. See `pixelFeatures` for the blocks.
 */
export function pixelImageEncoder(): ImageEncoder {
  const width = pixelBlocks.reduce((sum, block) => sum + block.width, 0);
  return {
    id: 'pixels',
    digest: digest({ encoder: 'pixel image', version, pixelBlocks, pixelSide }),
    width,
    async encode(paths, signal) {
      const rows = matrix(paths.length, width);
      const failed: FailedImage[] = [];
      for (let start = 0; start < paths.length; start += batch) {
        signal?.throwIfAborted();
        const decoded = await Promise.all(paths.slice(start, start + batch).map(decodeOrReason));
        decoded.forEach((result, n) => {
          if (typeof result === 'string') failed.push({ index: start + n, reason: result });
          else matrixRow(rows, start + n).set(pixelFeatures(result));
        });
      }
      fillWithMean(
        rows,
        failed.map(({ index }) => index),
      );
      return { matrix: rows, failed };
    },
  };
}

async function decodeOrReason(path: string) {
  try {
    return await decodeImage(path, pixelSide, 'fill');
  } catch (cause) {
    if (cause instanceof AmrError) return cause.message;
    throw cause;
  }
}
