// Node for another processor, from npm's registry, for qemu-user.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { join, resolve } from 'node:path';

const VERSION = '20.20.2';
const build = resolve(import.meta.dirname, '../../native/build');

/** @param cpu x64 or arm64 @returns the program, or what keeps it from being had; fetched once */
export function emulatedNode(cpu) {
  const place = join(build, `node-linux-${cpu}`);
  const program = join(place, 'package/bin/node');
  if (existsSync(program)) return { program };
  const started = `${place}.${process.pid}`;
  mkdirSync(started, { recursive: true });
  try {
    const words = ['pack', '--silent', '--pack-destination', started, `node-linux-${cpu}@${VERSION}`];
    const name = execFileSync('npm', words, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
    execFileSync('tar', ['xzf', join(started, name), '-C', started, 'package/bin/node']);
  } catch {
    return { obstacle: `npm cannot fetch Node for ${cpu}` };
  }
  renameSync(started, place);
  return { program };
}
