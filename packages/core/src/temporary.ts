import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { makeFolders } from './folders.js';

/**
 * Names of half-made files and folders: `NAME.PLACE-PROCESS-START.RANDOM.tmp`. The middle says which process makes it, so that whoever
 * comes next to the folder can tell what a killed one left from what another is writing. Names of earlier versions lack it.
 */
const form = /\.(?:([0-9a-f]{8})-([0-9a-z]+)-([0-9a-z]+)\.)?[0-9a-f]{12}\.tmp(?:-journal|-wal|-shm)?$/;
/** What says nothing of a process of this machine is given up when nobody has touched it for so long. */
const FORGOTTEN_MS = 24 * 3600_000;

/** Temporary names of this process that may still be there. */
const unfinished = new Set<string>();
/** Folders that this process has looked through. */
const swept = new Set<string>();

/** Whether a name is one of a half-made file or folder. */
export function isTemporaryName(name: string): boolean {
  return form.test(name);
}

/**
 * A sibling name that no other writer uses. What processes that are gone left half-made in its folder is removed; what a live one makes stays.
 */
export function temporaryName(path: string): string {
  removeAbandoned(dirname(path));
  const name = `${path}.${ownMark()}.${randomBytes(6).toString('hex')}.tmp`;
  // Names that are renamed or removed are gone from the disk: only the others will be found there.
  if (unfinished.size > 1000) for (const old of unfinished) if (!existsSync(old)) unfinished.delete(old);
  unfinished.add(name);
  return name;
}

/** Makes an empty folder for this user alone under a temporary name, which its maker removes. @throws what the system said */
export function temporaryFolder(parent: string, name: string): string {
  makeFolders(parent);
  const folder = temporaryName(join(parent, name));
  mkdirSync(folder, { mode: 0o700 });
  return folder;
}

/** Removes what this process has under temporary names: for a process that ends in the middle of its work. */
export function dropUnfinished(): void {
  for (const name of unfinished) rmSync(name, { recursive: true, force: true });
  unfinished.clear();
}

/**
 * Removes what writers left beside a path, whoever they are. Only for whoever holds the lock on it: another's half-made file has the
 * same kind of name.
 */
export function removeUnfinished(path: string): void {
  const begins = `${basename(path)}.`;
  for (const name of namesIn(dirname(path))) {
    if (name.startsWith(begins) && form.exec(name)?.index === begins.length - 1) remove(join(dirname(path), name));
  }
}

/** Removes what processes that are gone left half-made in a folder; once for each folder and process. */
export function removeAbandoned(folder: string): void {
  const path = resolve(folder);
  if (swept.has(path)) return;
  swept.add(path);
  for (const name of namesIn(path)) if (isAbandoned(join(path, name))) remove(join(path, name));
}

/** Whether a path has the name of something half-made that nobody makes any more. */
export function isAbandoned(path: string): boolean {
  const mark = form.exec(basename(path));
  if (!mark) return false;
  const [, place, id, start] = mark;
  if (place === placeOfProcesses()) return !isAlive(Number.parseInt(id, 36), start);
  return Date.now() - lastTouchedMs(path) > FORGOTTEN_MS;
}

function remove(path: string): void {
  try {
    rmSync(path, { recursive: true, force: true });
  } catch {
    // What may not be removed here, for example in a folder of another user, harms nobody.
  }
}

function namesIn(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return []; // no folder yet, or one that cannot be read: nothing is found in it
  }
}

/** Of a file, or of a folder and all that it holds. */
function lastTouchedMs(path: string): number {
  try {
    const facts = statSync(path);
    const inner = facts.isDirectory() ? readdirSync(path, { recursive: true, encoding: 'utf8' }) : [];
    return Math.max(facts.mtimeMs, ...inner.map((name) => statSync(join(path, name)).mtimeMs));
  } catch {
    return Date.now(); // it is being written or taken away at this moment
  }
}

let mark: string | undefined;

function ownMark(): string {
  mark ??= `${placeOfProcesses()}-${process.pid.toString(36)}-${startOf(process.pid)?.start ?? '0'}`;
  return mark;
}

let place: string | undefined;

/** Where the numbers of processes mean the same: this machine since it started, and in it this container. */
function placeOfProcesses(): string {
  if (place !== undefined) return place;
  const parts = [hostname()];
  try {
    parts.push(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim(), readlinkSync('/proc/self/ns/pid'));
  } catch {
    // Not Linux: the name of the machine has to do.
  }
  place = createHash('sha256').update(parts.join('\n')).digest('hex').slice(0, 8);
  return place;
}

function isAlive(id: number, start: string): boolean {
  const found = startOf(id);
  if (found) return !found.hasEnded && found.start === start;
  try {
    process.kill(id, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

/** When a process began, in ticks since the machine did: a number of a process is given again, not with the same beginning. Linux only. */
function startOf(id: number): { readonly start: string; readonly hasEnded: boolean } | null {
  try {
    const facts = readFileSync(`/proc/${id}/stat`, 'utf8');
    // The name of the program, in brackets, may hold anything.
    const fields = facts.slice(facts.lastIndexOf(')') + 2).split(' ');
    return { start: Number(fields[19]).toString(36), hasEnded: fields[0] === 'Z' || fields[0] === 'X' };
  } catch {
    return null;
  }
}
