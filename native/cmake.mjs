// How the addon is compiled for this machine, by cmake-js, and how CMake is called for the C++ tests and for other processors.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { availableParallelism } from 'node:os';
import { dirname, join } from 'node:path';

const native = import.meta.dirname;

/** Names the headers of Node-API to CMake, which without them makes the kernels alone. */
function nodeHeaders() {
  const { resolve } = createRequire(import.meta.url);
  const folders = [
    join(dirname(resolve('node-api-headers/package.json')), 'include'),
    dirname(resolve('node-addon-api/package.json')),
  ];
  return `AMR_NODE_HEADERS=${folders.join(';')}`;
}

/** @param folder of the build @param definitions `-DNAME=VALUE`. Ends the process where CMake fails. */
export function configure(folder, definitions) {
  const isNew = !existsSync(join(folder, 'CMakeCache.txt'));
  const generator = isNew && spawnSync('ninja', ['--version']).status === 0 ? ['-G', 'Ninja'] : [];
  const always = ['-DCMAKE_EXPORT_COMPILE_COMMANDS=ON', `-D${nodeHeaders()}`];
  run('cmake', ['-S', native, '-B', folder, ...generator, ...always, ...definitions]);
}

/** Compiles one addon for this machine and leaves it in `Release` of the folder. Ends the process where that fails. */
export function compileHere(folder, target) {
  const cmakeJs = createRequire(import.meta.url).resolve('cmake-js/bin/cmake-js');
  const where = ['--directory', native, '--out', folder, '--target', target];
  const definitions = ['--CDCMAKE_EXPORT_COMPILE_COMMANDS=ON', `--CD${nodeHeaders()}`];
  // A folder that was configured for other cards, or without CUDA, keeps that until it is configured anew: `compile` alone would not.
  run(process.execPath, [cmakeJs, 'configure', ...where, ...definitions]);
  run(process.execPath, [cmakeJs, 'compile', ...where, ...definitions, '--parallel', String(availableParallelism())]);
}

/** Builds one target of a folder that was configured. Ends the process where that fails. */
export function build(folder, target) {
  run('cmake', ['--build', folder, '--target', target, '--parallel', String(availableParallelism())]);
}

function run(command, words) {
  const { status, error } = spawnSync(command, words, { stdio: 'inherit' });
  if (error) console.error(`${command}: ${error.message}. HINT: node native/checkToolchain.mjs says what is missing`);
  if (status !== 0) process.exit(status ?? 1);
}
