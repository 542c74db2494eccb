import { appendFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { AmrError, fileError, makeFolders } from '@agentmmrec/core';

/** One reading of a test split: the opening log has one line for each, and reports show them. */
export interface Opening {
  /** milliseconds since 1970 */
  readonly openedAtMs: number;
  readonly dataset: string;
  /** of the training data, so that openings of different data under one name are told apart */
  readonly fingerprint: string;
  /** who opened it and why */
  readonly purpose: string;
  readonly interactions: number;
}

function openingLog(workspace: string): string {
  return join(workspace, 'openings.jsonl');
}

/**
 * Appends one line to `<workspace>/openings.jsonl`. Throws before anything is read when the log cannot be written: a
 * test split that cannot be accounted for is not opened.
 */
export function recordOpening(workspace: string, opening: Opening): void {
  try {
    makeFolders(workspace);
    appendFileSync(openingLog(workspace), `${JSON.stringify(opening)}\n`);
  } catch (cause) {
    const { what, got, expected, kind } = fileError(`writing the opening log ${openingLog(workspace)}`, cause);
    const hint = 'the test split is opened only where that is written down: name a workspace that can be written';
    throw new AmrError({ what, got, expected, hint: `${hint} with --workspace`, kind, cause });
  }
}

/**
 * All openings of test splits in this workspace, oldest first; none when nothing was opened.
 * @throws AmrError input: a line that is not an opening
 */
export function readOpenings(workspace: string): Opening[] {
  const path = openingLog(workspace);
  let content: string;
  try {
    content = readFileSync(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw fileError(`reading ${path}`, cause);
  }
  const lines = content.split('\n');
  const openings: Opening[] = [];
  for (let n = 0; n < lines.length; n++) {
    if (lines[n] !== '') openings.push(parseOpening(lines[n], `${path} line ${n + 1}`));
  }
  return openings;
}

function parseOpening(line: string, what: string): Opening {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    value = undefined;
  }
  const opening = value as Partial<Opening> | null | undefined;
  if (
    typeof opening?.openedAtMs === 'number' &&
    typeof opening.dataset === 'string' &&
    typeof opening.fingerprint === 'string' &&
    typeof opening.purpose === 'string' &&
    typeof opening.interactions === 'number'
  ) {
    return opening as Opening;
  }
  throw new AmrError({
    what,
    got: 'a line that is not an opening',
    expected: 'openedAtMs, dataset, fingerprint, purpose and interactions as JSON',
    hint: 'the log was edited or cut short; keep a copy of it and remove that line',
  });
}
