// A reader's machine: folders, environments and programs.
import { spawnSync, spawn as startProcess } from 'node:child_process';
import { mkdirSync, readdirSync, realpathSync, statSync, symlinkSync } from 'node:fs';
import { delimiter, join } from 'node:path';

/** The environment of a user: npm hands the settings of this repository's .npmrc down to what it runs. */
export const userEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => !name.startsWith('npm_')),
);

/** The same with a PATH on which there is Node and nothing else: no compiler, no CMake, no Python, no shell. */
export function bareEnvironment(folder) {
  const programs = join(folder, 'programs');
  mkdirSync(programs);
  symlinkSync(process.execPath, join(programs, 'node'));
  return { ...userEnvironment, PATH: programs };
}

/** `words` of npm, by the program and words that start it without a PATH. */
export function npm(...words) {
  const place = process.env.PATH.split(delimiter)
    .map((part) => join(part, 'npm'))
    .find((path) => statSync(path, { throwIfNoEntry: false }));
  // npm starts scripts by the name of a shell, which a bare PATH lacks.
  return [process.execPath, [realpathSync(place), ...words, '--no-audit', '--no-fund', '--script-shell', '/bin/sh']];
}

/** Runs a program to its end. */
export function spawn(cwd, [program, words], env = userEnvironment) {
  return spawnSync(program, words, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** The first page of the server that a command line of Node starts, which is ended then. */
export async function servedPage(cwd, words, env) {
  const child = startProcess(process.execPath, words, { cwd, env, stdio: ['ignore', 'pipe', 'ignore'] });
  try {
    let said = '';
    for await (const piece of child.stdout.setEncoding('utf8')) {
      said += piece;
      const address = said.match(/"address":"([^"]+)"/)?.[1];
      if (address) return await (await fetch(address)).text();
    }
    return said;
  } finally {
    child.kill('SIGINT');
  }
}

/** Bytes of all files of a folder. */
export function bytesUnder(place) {
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** The heaviest packages of a node_modules folder in MB, most first. */
export function heaviest(modules, count) {
  const names = readdirSync(modules)
    .filter((name) => !name.startsWith('.'))
    .flatMap((name) =>
      name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => join(name, inner)) : [name],
    );
  return names
    .map((name) => ({ name, megabytes: Math.round(bytesUnder(join(modules, name)) / 1e5) / 10 }))
    .sort((a, b) => b.megabytes - a.megabytes)
    .slice(0, count);
}
