import { AmrError, matrix, matrixRow } from '@agentmmrec/core';
import type { Features } from '../../contract.js';
import { byteChunks } from '../../files/byteChunks.js';

const idBytes = 10;
const width = 4096;
const recordBytes = idBytes + 4 * width;

export interface AmazonImageFeatures {
  readonly features: Features;
  /** items of the list without a record: they get the mean of the others */
  readonly missing: number;
  /** records of an item that had one already: the first counts */
  readonly repeated: number;
}

/**
 * Reads `image_features_X.b` of the 2014 data: records of a 10-byte item id and 4096 float32 (little endian), for the wanted
 * items alone. Values that are not finite count as a missing record.
 * @throws AmrError input: the file ends inside a record
 */
export async function readAmazonImageFeatures(path: string, itemIds: readonly string[]): Promise<AmazonImageFeatures> {
  const rowOf = new Map(itemIds.map((id, row) => [id, row]));
  const rows = matrix(itemIds.length, width);
  const found = new Uint8Array(itemIds.length);
  let repeated = 0;
  const onRecord = (record: Buffer) => {
    const row = rowOf.get(record.toString('latin1', 0, idBytes));
    if (row === undefined) return;
    if (found[row]) {
      repeated++;
      return;
    }
    const values = matrixRow(rows, row);
    for (let n = 0; n < width; n++) values[n] = record.readFloatLE(idBytes + 4 * n);
    if (values.every(Number.isFinite)) found[row] = 1;
    else values.fill(0);
  };
  await forEachRecord(path, onRecord);
  const missing = fillMissing(rows, found);
  return { features: { modality: 'image', matrix: rows, synthetic: false }, missing, repeated };
}

async function forEachRecord(path: string, onRecord: (record: Buffer) => void): Promise<void> {
  const record = Buffer.alloc(recordBytes);
  let filled = 0;
  for await (const chunk of byteChunks(path)) {
    for (let at = 0; at < chunk.length; ) {
      const taken = chunk.copy(record, filled, at, Math.min(chunk.length, at + recordBytes - filled));
      at += taken;
      filled += taken;
      if (filled < recordBytes) break;
      onRecord(record);
      filled = 0;
    }
  }
  if (filled === 0) return;
  throw new AmrError({
    what: path,
    got: `${filled} bytes after the last whole record`,
    expected: `records of ${recordBytes} bytes: an id of ${idBytes} and ${width} float32`,
    hint: 'the file is cut short or not of this format; fetch it again',
  });
}

/** Missing rows become the mean of the others, as the field does. @returns how many */
function fillMissing(rows: ReturnType<typeof matrix>, found: Uint8Array): number {
  const present = found.reduce((sum, value) => sum + value, 0);
  const mean = new Float64Array(width);
  found.forEach((has, row) => {
    if (!has) return;
    matrixRow(rows, row).forEach((value, n) => {
      mean[n] += value / present;
    });
  });
  found.forEach((has, row) => {
    if (!has) matrixRow(rows, row).set(mean);
  });
  return found.length - present;
}
