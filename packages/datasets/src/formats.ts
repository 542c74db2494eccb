import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import { reviewCategory } from './amazonFiles.js';
import { amazonFormat } from './amazonFormat.js';
import { microLensFormat } from './microLensFormat.js';
import { mmrecFormat } from './mmrecFormat.js';
import { movieLensFormat } from './movieLensFormat.js';
import type { DatasetFormat, RawDataset } from './rawDataset.js';
import { tableFormat } from './tableFormat.js';

/** The formats we read; the first that matches a folder reads it. */
const formats: readonly DatasetFormat[] = [mmrecFormat, movieLensFormat, tableFormat, microLensFormat, amazonFormat];

/** What `format` may be: found by the files, or named. */
export const formatNames = ['auto', 'mmrec', 'movielens', 'table', 'microlens', 'amazon'] as const;
export type FormatName = (typeof formatNames)[number];

/**
 * Reads a folder, or a single `.inter` file or file of reviews, in whatever format it is.
 * @throws AmrError input: nothing we know, or damage, with file and line
 */
export async function readRaw(path: string, wanted: FormatName = 'auto'): Promise<RawDataset> {
  const { folder, fileNames } = listFolder(path);
  const candidates = formats.filter(({ name }) => wanted === 'auto' || name === wanted);
  const format = candidates.find((candidate) => candidate.matches(fileNames));
  if (format) {
    const raw = await format.read(folder, fileNames);
    const missing = format.missing?.(fileNames) ?? [];
    return { ...raw, remarks: [...missing.map((what) => `not there: ${what}`), ...raw.remarks] };
  }
  throw new AmrError({
    what: path,
    got: fileNames.length === 0 ? 'an empty folder' : `the files ${fileNames.slice(0, 8).join(', ')}`,
    expected: candidates.map((candidate) => `${candidate.knownBy} (${candidate.name})`).join(', or '),
    hint: 'name the folder that holds the data',
  });
}

function listFolder(path: string): { folder: string; fileNames: string[] } {
  try {
    if (statSync(path).isDirectory()) return { folder: path, fileNames: readdirSync(path).sort() };
    const folder = dirname(path);
    const others = readdirSync(folder).filter((name) => !name.endsWith('.inter') && reviewCategory(name) === undefined);
    return { folder, fileNames: [basename(path), ...others].sort() };
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
}
