// Says in one sentence what is missing to build the addon and how to get it. `--versions` prints what was found instead
// (the build's cache key). Needs nothing but Node itself: it runs before anything is installed or built.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const INSTALL = {
  linux: 'sudo apt-get install g++ cmake make   (or your system’s packages of the same names)',
  darwin: 'xcode-select --install && brew install cmake',
};

function run(command, ...options) {
  const result = spawnSync(command, options, { encoding: 'utf8' });
  return result.status === 0 ? `${result.stdout}${result.stderr}`.trim() : undefined;
}

function nodeIsOld() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  return major < 20 || (major === 20 && minor < 19);
}

/** The compiler CMake will take: CXX, else the first usual name that compiles C++20. */
function compiler() {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-'));
  try {
    const source = join(folder, 'probe.cpp');
    writeFileSync(
      source,
      '#include <atomic>\ntemplate <class T> concept Any = true;\nint main() { std::atomic<int> a{0}; a.notify_all(); }\n',
    );
    const names = process.env.CXX ? [process.env.CXX] : ['c++', 'g++', 'clang++'];
    return names.find((name) => run(name, '-std=c++20', '-o', join(folder, 'probe'), source) !== undefined);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

const missing = [];
if (nodeIsOld())
  missing.push(`Node ${process.versions.node} is too old, 20.19 or newer is needed. HINT: install it from nodejs.org`);
const cxx = compiler();
const install = INSTALL[process.platform] ?? 'install a C++20 compiler and CMake 3.20 or newer';
if (!cxx)
  missing.push(`no C++20 compiler was found${process.env.CXX ? ` (CXX is ${process.env.CXX})` : ''}. HINT: ${install}`);
const cmake = run('cmake', '--version')?.match(/version (\d+)\.(\d+)\S*/);
if (!cmake) missing.push(`cmake was not found. HINT: ${install}`);
else if (Number(cmake[1]) === 3 && Number(cmake[2]) < 20)
  missing.push(`cmake ${cmake[0]} is too old, 3.20 or newer is needed. HINT: ${install}`);
// On Windows CMake finds the compiler's own.
if (process.platform !== 'win32' && !run('ninja', '--version') && !run('make', '--version'))
  missing.push(`neither ninja nor make was found, one of which CMake drives. HINT: ${install}`);

if (missing.length > 0) {
  for (const sentence of missing) console.error(`The native kernels cannot be built: ${sentence}`);
  process.exit(1);
}
if (process.argv.includes('--versions')) {
  const nvcc = run('nvcc', '--version')?.match(/release \S+/)?.[0] ?? 'no nvcc';
  console.log([`node ${process.version}`, run(cxx, '--version').split('\n')[0], cmake[0], nvcc].join('; '));
}
