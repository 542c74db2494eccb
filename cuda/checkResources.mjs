// What the compiler says of every kernel without a card, beside resources.json: registers, shared memory, occupancy, accesses of device
// memory. Needs nvcc and says so where there is none. What fails: cuda/README.md. Ends with `N passed, N failed[, N skipped]`.
//     node cuda/checkResources.mjs [--update] [FILE ...]
import { execFile, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { occupancy } from './occupancy.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const native = join(here, '../native');
const table = join(here, 'resources.json');
const TARGETS = ['sm_80', 'sm_90', 'sm_100', 'sm_120'];
/** Threads of a block where they are not the usual 256 of launch.cuh. */
const BLOCK_THREADS = { joinScans: 32, sumCounts: 32, noteAndCount: 32, sortBatch: 1024 };

function release() {
  const { status, stdout } = spawnSync('nvcc', ['--version'], { encoding: 'utf8' });
  return status === 0 ? stdout.match(/V(\d+\.\d+\.\d+)/)?.[1] : undefined;
}

/** Those of the targets that this nvcc knows: releases before 12.8 end with sm_90. */
function knownTargets() {
  const { stdout } = spawnSync('nvcc', ['--list-gpu-code'], { encoding: 'utf8' });
  const known = TARGETS.filter((target) => stdout.split(/\s+/).includes(target));
  const missing = TARGETS.filter((target) => !known.includes(target));
  if (missing.length > 0) console.log(`Not compiled for ${missing.join(', ')}: this nvcc does not know it`);
  return known;
}

const named = process.argv.slice(2).filter((word) => !word.startsWith('--'));
const isMeant = (file) => named.length === 0 || named.includes(file);
const fileOf = (kernel) => kernel.split(':')[0];

function sources() {
  return ['runtime', 'kernels'].flatMap((folder) =>
    readdirSync(join(here, folder))
      .filter((name) => name.endsWith('.cu') && isMeant(basename(name, '.cu')))
      .map((name) => join(here, folder, name)),
  );
}

/** The compiler's report on the device code of one file; the build of the addon compiles the host's. */
function compile(source, targets, folder) {
  const codes = targets.map((sm) => ['-gencode', `arch=compute_${sm.slice(3)},code=${sm}`]);
  const options = ['-std=c++17', '-O3', '-Werror', 'all-warnings', '--resource-usage'];
  const includes = ['-I', here, '-I', native, '-I', folder];
  const output = ['-fatbin', source, '-o', join(folder, `${basename(source)}.fatbin`), '--keep', '--keep-dir', folder];
  const all = [...options, ...codes.flat(), '-gencode', 'arch=compute_90,code=compute_90', ...includes, ...output];
  return new Promise((resolve, reject) => {
    execFile('nvcc', all, { maxBuffer: 2 ** 26 }, (error, stdout, stderr) => {
      if (error) reject(new Error(`${basename(source)} does not compile:\n${stdout}${stderr}`));
      else resolve(`${stdout}${stderr}`);
    });
  });
}

/** `propagate<4, 16>`: without namespaces, arguments and the numbers that change with every edit. */
function plainNames(mangled) {
  const { status, stdout } = spawnSync('c++filt', [], { input: mangled.join('\n'), encoding: 'utf8' });
  if (status !== 0) throw new Error('c++filt was not found. HINT: install binutils');
  return stdout.split('\n').map((name) =>
    name
      .replace(/_GLOBAL__N__\w+::|\(anonymous namespace\)::/g, '')
      .replace(/amr::(cuda::)?/g, '')
      .replace(/^void /, '')
      .replace(/\((int|UnaryFunction)\)/g, '')
      .replace(/\(.*$/, ''),
  );
}

/** By kernel, mangled: floats loaded and stored in device memory, 16 bytes at a time and one by one. */
function accesses(file, target, folder) {
  const ptx = readFileSync(join(folder, `${file}.compute_${target.slice(3)}.ptx`), 'utf8');
  const kernels = [...ptx.matchAll(/\.entry (\w+)\([\s\S]*?\n\}\n/g)];
  return new Map(
    kernels.map(([body, name]) => {
      const count = (pattern) => [...body.matchAll(pattern)].length;
      const [wideLoads, loads] = [count(/\bld\.global[\w.]*\.v4\.f32/g), count(/\bld\.global[\w.]*\.f32/g)];
      const [wideStores, stores] = [count(/\bst\.global[\w.]*\.v4\.f32/g), count(/\bst\.global[\w.]*\.f32/g)];
      return [name, [wideLoads, loads - wideLoads, wideStores, stores - wideStores]];
    }),
  );
}

/** [{kernel, target, registers, shared, stack, spills, moves}] */
function parsed(file, report, folder) {
  const pattern =
    /Compiling entry function '(\w+)' for '(sm_\d+)'[\s\S]*?(\d+) bytes stack frame, (\d+) bytes spill stores, (\d+) bytes spill loads[\s\S]*?Used (\d+) registers([^\n]*)/g;
  const found = [...report.matchAll(pattern)];
  const names = plainNames(found.map(([, name]) => name));
  const moves = new Map([...new Set(found.map(([, , target]) => target))].map((t) => [t, accesses(file, t, folder)]));
  return found.map(([, mangled, target, stack, stores, loads, registers, rest], i) => ({
    kernel: `${file}: ${names[i]}`,
    target,
    registers: Number(registers),
    shared: Number(rest.match(/(\d+) bytes smem/)?.[1] ?? 0),
    stack: Number(stack),
    spills: Number(stores) + Number(loads),
    moves: moves.get(target).get(mangled),
  }));
}

/** The blocks resident at once and the percent of the most warps, with what bounds them. */
function resident({ kernel, target, registers, shared }) {
  const threads = BLOCK_THREADS[kernel.split(': ')[1]] ?? 256;
  return occupancy(target, { registers, shared, threads });
}

async function measured() {
  const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-'));
  try {
    const headers = readdirSync(join(native, 'kernels')).filter((name) => name.endsWith('.h'));
    writeFileSync(join(folder, 'allKernels.h'), headers.map((name) => `#include "kernels/${name}"\n`).join(''));
    const waiting = sources();
    const targets = knownTargets();
    const rows = [];
    const worker = async () => {
      for (let source = waiting.shift(); source; source = waiting.shift()) {
        rows.push(...parsed(basename(source, '.cu'), await compile(source, targets, folder), folder));
      }
    };
    await Promise.all([worker(), worker()]);
    return rows.sort((a, b) => a.kernel.localeCompare(b.kernel) || a.target.localeCompare(b.target));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wrong(row, expected) {
  if (row.spills > 0 || row.stack > 0) return `${row.spills} bytes of spills, ${row.stack} bytes of stack`;
  const [, , , narrowStores] = row.moves;
  if (/<4, /.test(row.kernel) && narrowStores > 0) return `${narrowStores} floats are written one by one`;
  if (!expected) return undefined;
  const known = expected[row.kernel]?.[row.target];
  if (!known) return 'not in resources.json';
  const now = entry(row);
  return known.every((value, i) => value === now[i]) && known.length === now.length
    ? undefined
    : `resources.json has ${known.join(', ')}, now ${now.join(', ')}`;
}

/** [registers, bytes of shared memory, percent of occupancy, loads of 16 bytes, of 4, stores of 16, of 4] */
function entry(row) {
  return [row.registers, row.shared, resident(row).percent, ...row.moves];
}

const LINE_WIDTH = 120;

/** The entries by target, a line a kernel; as the linter wants it. */
function tableText(tables) {
  const releases = Object.entries(tables).map(([version, kernels]) => {
    const lines = Object.entries(kernels).map(([kernel, targets]) => {
      const sizes = Object.entries(targets).map(([target, size]) => `"${target}": [${size.join(', ')}]`);
      const line = `    ${JSON.stringify(kernel)}: { ${sizes.join(', ')} }`;
      if (line.length < LINE_WIDTH) return line; // a comma may follow
      return `    ${JSON.stringify(kernel)}: {\n      ${sizes.join(',\n      ')}\n    }`;
    });
    return `  "${version}": {\n${lines.join(',\n')}\n  }`;
  });
  return `{\n${releases.join(',\n')}\n}\n`;
}

const nvcc = release();
if (!nvcc) {
  console.log('The kernels were not compiled: nvcc was not found. HINT: install the CUDA toolkit; no card is needed');
  console.log('0 passed, 0 failed, 1 skipped');
  process.exit(0);
}
const rows = await measured();
const tables = JSON.parse(readFileSync(table, 'utf8'));
if (process.argv.includes('--update')) {
  const kept = Object.entries(tables[nvcc] ?? {}).filter(([kernel]) => !isMeant(fileOf(kernel)));
  tables[nvcc] = Object.fromEntries(kept);
  for (const row of rows) {
    tables[nvcc][row.kernel] ??= {};
    tables[nvcc][row.kernel][row.target] = entry(row);
  }
  tables[nvcc] = Object.fromEntries(Object.entries(tables[nvcc]).sort(([a], [b]) => a.localeCompare(b)));
  writeFileSync(table, tableText(tables));
}
const expected = tables[nvcc];
if (!expected) console.log(`resources.json has no table of nvcc ${nvcc}: only spills and stack are checked`);
let failed = rows.length === 0 ? 1 : 0;
for (const row of rows) {
  const problem = wrong(row, expected);
  if (problem) failed++;
  const { percent, bound } = resident(row);
  const [wideLoads, loads, wideStores, stores] = row.moves;
  const moved = `loads ${wideLoads} of 16 bytes + ${loads}, stores ${wideStores} + ${stores}`;
  const size = `${row.registers} registers, ${row.shared} bytes shared, occupancy ${percent} % (by ${bound}), ${moved}`;
  console.log(`${problem ? '✗' : '✓'} ${row.target} ${row.kernel}: ${size}${problem ? `; ${problem}` : ''}`);
}
const gone = Object.keys(expected ?? {}).filter(
  (kernel) => isMeant(fileOf(kernel)) && !rows.some((row) => row.kernel === kernel),
);
for (const kernel of gone) console.log(`✗ ${kernel}: in resources.json, but not compiled`);
failed += gone.length;
console.log(`${rows.length + gone.length - failed} passed, ${failed} failed`);
process.exit(failed > 0 ? 1 : 0);
