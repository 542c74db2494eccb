import { closeSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { requireFile } from '@agentmmrec/core';

/** How much of a file is looked at to see what it is. */
const lookedAtBytes = 65_536;

/** The files that may make up a data set: by their names, and by their first line where a name does not say enough. */
export class FolderFiles {
  private readonly firstLines = new Map<string, string>();

  constructor(
    readonly folder: string,
    readonly names: readonly string[],
  ) {}

  path(name: string): string {
    return join(this.folder, name);
  }

  has(name: string): boolean {
    return this.names.includes(name);
  }

  /** The same folder with some of its files only. */
  only(names: readonly string[]): FolderFiles {
    return new FolderFiles(this.folder, names);
  }

  /** The first line of a file, unpacked, at most 64 KiB of it; empty for what cannot be read: its reader will say why. */
  firstLine(name: string): string {
    const known = this.firstLines.get(name);
    if (known !== undefined) return known;
    const line = beginningOf(this.path(name))
      .split(/\r?\n/, 1)[0]
      .replace(/^\ufeff/, '');
    this.firstLines.set(name, line);
    return line;
  }
}

function beginningOf(path: string): string {
  try {
    requireFile(path);
    const file = openSync(path, 'r');
    try {
      const bytes = Buffer.alloc(lookedAtBytes);
      const found = bytes.subarray(0, readSync(file, bytes, 0, bytes.length, 0));
      if (!path.endsWith('.gz') && !(found[0] === 0x1f && found[1] === 0x8b)) return found.toString('utf8');
      // The file goes on behind what was read, and a small one may hold far more than it looks.
      return gunzipSync(found, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength: 2 ** 26 }).toString(
        'utf8',
        0,
        lookedAtBytes,
      );
    } finally {
      closeSync(file);
    }
  } catch {
    return '';
  }
}
