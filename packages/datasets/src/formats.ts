import { readdirSync, statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { AmrError, fileError } from '@agentmmrec/core';
import { mmrecFormat } from './mmrecFormat.js';
import { movieLensFormat } from './movieLensFormat.js';
import type { DatasetFormat, RawDataset } from './rawDataset.js';
import { tableFormat } from './tableFormat.js';

/** The formats we read; the first that matches a folder reads it. */
const formats: readonly DatasetFormat[] = [mmrecFormat, movieLensFormat, tableFormat];

/**
 * Reads a folder, or a single `.inter` file, in whatever format it is.
 * @throws AmrError input: nothing we know, or damage, with file and line
 */
export async function readRaw(path: string): Promise<RawDataset> {
  const { folder, fileNames } = listFolder(path);
  const format = formats.find((candidate) => candidate.matches(fileNames));
  if (format) return await format.read(folder, fileNames);
  throw new AmrError({
    what: path,
    got: fileNames.length === 0 ? 'an empty folder' : `the files ${fileNames.slice(0, 8).join(', ')}`,
    expected: formats.map((candidate) => `${candidate.knownBy} (${candidate.name})`).join(', or '),
    hint: 'name the folder that holds the data',
  });
}

function listFolder(path: string): { folder: string; fileNames: string[] } {
  try {
    if (statSync(path).isDirectory()) return { folder: path, fileNames: readdirSync(path).sort() };
    const folder = dirname(path);
    const others = readdirSync(folder).filter((name) => !name.endsWith('.inter'));
    return { folder, fileNames: [basename(path), ...others].sort() };
  } catch (cause) {
    throw fileError(`reading ${path}`, cause);
  }
}
