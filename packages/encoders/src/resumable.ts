import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ArtifactStore, digest, fileError, type Matrix, matrix, matrixRow } from '@agentmmrec/core';
import type { FailedImage, ImageEncoder, TextEncoder } from './encoder.js';
import { fillWithMean } from './fillWithMean.js';
import { finiteRows } from './finiteRows.js';
import { readMatrix, writeMatrix } from './matrixFile.js';

/** Raised when the files of the stage change their meaning. */
const stageVersion = 1;
/** What an interruption loses at most. */
const chunk = 1024;

/** How a long encoding keeps what it has. */
export interface Resuming {
  readonly store: ArtifactStore;
  readonly signal?: AbortSignal;
  /** called with the distinct ones that are done, before and after each chunk that is not there yet */
  onProgress?(done: number, total: number): void;
}

/**
 * The same encoder, keeping every 1024 distinct texts as an artifact: after an interruption the same call goes on with the next
 * chunk. Equal texts are encoded once.
 */
export function resumableText(encoder: TextEncoder, resuming: Resuming): TextEncoder {
  return {
    ...encoder,
    async encode(texts) {
      const { distinct, places } = distinctOf(texts);
      const rows = matrix(texts.length, encoder.width);
      await eachChunk(distinct, resuming, async (part, start, onBegin) => {
        const inputs = { modality: 'text chunk', encoder: encoder.digest, texts: digest(part) };
        const { store } = resuming;
        const artifact = await store.get({ stage: 'encoded', stageVersion, inputs }, async (folder) => {
          onBegin();
          writeMatrix(join(folder, 'rows.arrow'), finiteRows(await encoder.encode(part, resuming.signal), encoder.id));
          return {};
        });
        spread(readMatrix(join(artifact.folder, 'rows.arrow')), places, start, rows);
      });
      return rows;
    },
  };
}

/** As `resumableText`, for images told apart by their bytes. */
export function resumableImages(encoder: ImageEncoder, resuming: Resuming): ImageEncoder {
  return {
    ...encoder,
    async encode(paths) {
      const digests = paths.map((path) => digestOf(path));
      const { distinct, places } = distinctOf(digests);
      const pathOf = new Map(digests.map((text, n) => [text, paths[n]]));
      const rows = matrix(paths.length, encoder.width);
      const failed: FailedImage[] = [];
      await eachChunk(distinct, resuming, async (part, start, onBegin) => {
        const inputs = { modality: 'image chunk', encoder: encoder.digest, images: digest(part) };
        const { store, signal } = resuming;
        const artifact = await store.get({ stage: 'encoded', stageVersion, inputs }, async (folder) => {
          onBegin();
          const encoded = await encoder.encode(
            part.map((text) => pathOf.get(text) ?? ''),
            signal,
          );
          writeMatrix(join(folder, 'rows.arrow'), finiteRows(encoded.matrix, encoder.id));
          return { failed: encoded.failed };
        });
        spread(readMatrix(join(artifact.folder, 'rows.arrow')), places, start, rows);
        for (const { index, reason } of artifact.manifest.failed as FailedImage[]) {
          for (const place of places[start + index]) failed.push({ index: place, reason });
        }
      });
      failed.sort((a, b) => a.index - b.index);
      // The mean is over all images, not over a chunk.
      fillWithMean(
        rows,
        failed.map(({ index }) => index),
      );
      return { matrix: rows, failed };
    },
  };
}

function distinctOf(values: readonly string[]) {
  const numbers = new Map<string, number>();
  const distinct: string[] = [];
  const places: number[][] = [];
  values.forEach((value, place) => {
    const known = numbers.get(value);
    if (known !== undefined) {
      places[known].push(place);
      return;
    }
    numbers.set(value, distinct.length);
    distinct.push(value);
    places.push([place]);
  });
  return { distinct, places };
}

async function eachChunk(
  values: readonly string[],
  { signal, onProgress }: Resuming,
  work: (part: readonly string[], start: number, onBegin: () => void) => Promise<void>,
): Promise<void> {
  for (let start = 0; start < values.length; start += chunk) {
    signal?.throwIfAborted();
    const part = values.slice(start, start + chunk);
    let made = false;
    await work(part, start, () => {
      made = true;
      onProgress?.(start, values.length);
    });
    if (made) onProgress?.(start + part.length, values.length);
  }
}

function spread(from: Matrix, places: readonly (readonly number[])[], start: number, to: Matrix): void {
  for (let row = 0; row < from.rows; row++) {
    for (const place of places[start + row]) matrixRow(to, place).set(matrixRow(from, row));
  }
}

function digestOf(path: string): string {
  try {
    return digest(readFileSync(path));
  } catch (cause) {
    throw fileError(`reading the image ${path}`, cause);
  }
}
