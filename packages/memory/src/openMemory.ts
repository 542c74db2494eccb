import { existsSync } from 'node:fs';
import { dirname } from 'node:path';
import { AmrError, fileError, makeFolders, requireFile } from '@agentmmrec/core';
import type Database from 'libsql';
import { openForReading, openForWriting } from './connections.js';
import type { KnowledgeMemory } from './contract.js';
import { diskError } from './diskError.js';
import { damaged } from './queries.js';
import { prepareSchema } from './schema.js';
import { SqliteMemory } from './sqliteMemory.js';
import { lockForWriting } from './writerLock.js';

/** Which file is opened, for which data set, and for what. */
export interface OpenMemoryOptions {
  /** The file, made when it does not exist and `mode` is `write`; `:memory:` keeps everything in this process. */
  readonly path: string;
  /** Of the data set; null reads whatever data set the memory was made for. */
  readonly fingerprint: string | null;
  readonly mode: 'write' | 'read';
  /** false: `write` to a file that must exist; true */
  readonly create?: boolean;
  /** For tests: milliseconds since 1970. */
  readonly nowMs?: () => number;
}

/**
 * Opens the knowledge memory.
 * @throws AmrError input: no such file to read, another program's file, another schema version, another data set, a second writer,
 * no room or permission
 */
export function openMemory({
  path,
  fingerprint,
  mode,
  create = mode === 'write',
  nowMs = Date.now,
}: OpenMemoryOptions): KnowledgeMemory {
  const inProcess = path === ':memory:';
  if (!inProcess && !create && !existsSync(path)) {
    throw new AmrError({
      what: `knowledge memory ${path}`,
      got: 'no such file',
      expected: 'a knowledge memory',
      hint: 'check --memory, or make one: agentmmrec knowledge build',
    });
  }
  if (!inProcess && existsSync(path)) requireFile(path);
  if (!inProcess && create) makeFolder(path);
  const lock = inProcess || mode === 'read' ? null : lockForWriting(path);
  let database: Database.Database | undefined;
  try {
    database = mode === 'read' ? openForReading(path) : openForWriting(path);
    const found = prepareSchema(database, path, fingerprint, mode === 'write');
    const writable = mode === 'write';
    const unlock = () => lock?.release();
    return new SqliteMemory({ database, path, ...found, writable, nowMs, unlock });
  } catch (cause) {
    database?.close();
    lock?.release();
    throw cause instanceof AmrError ? cause : (diskError(path, cause) ?? damaged(path, cause));
  }
}

function makeFolder(path: string): void {
  try {
    makeFolders(dirname(path));
  } catch (cause) {
    throw fileError(`knowledge memory ${path}`, cause);
  }
}
