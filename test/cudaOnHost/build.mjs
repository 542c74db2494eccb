// Builds the addon of `cuda-emulated` into native/build/emulated (with --sanitize: emulatedSanitized). A few seconds; after the
// first time only what changed. Needs a C++ compiler and CMake, no CUDA.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const sanitize = process.argv.includes('--sanitize');
const folder = join(here, '../../native/build', sanitize ? 'emulatedSanitized' : 'emulated');
const { resolve } = createRequire(import.meta.url);
const headers = [
  join(dirname(resolve('node-api-headers/package.json')), 'include'),
  dirname(resolve('node-addon-api/package.json')),
];

function run(command, ...options) {
  const { status, error } = spawnSync(command, options, { stdio: ['ignore', 'ignore', 'inherit'] });
  if (error) console.error(`${command}: ${error.message}. HINT: node native/checkToolchain.mjs says what is missing`);
  if (status !== 0) process.exit(status ?? 1);
}

run(
  'cmake',
  '-S',
  here,
  '-B',
  folder,
  `-DNODE_HEADERS=${headers.join(';')}`,
  `-DAMR_SANITIZE=${sanitize ? 'ON' : 'OFF'}`,
);
run('cmake', '--build', folder, '--parallel', '2');
