// `npm run bundle [-- --data FOLDER] [-- --out FILE]`: one archive with Node, the built product, the addon for all cards, the tests of
// the card, the benchmark and small data sets (those of FOLDER: baby, clothing). It runs on Linux (glibc: native/platformAddon.mjs), without
// network, npm or compiler: tar xJf FILE, then ./run test, ./run bench, ./run train ... (run.mjs says more).
import { execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { transformSync } from '@swc/core';
import { placePortable } from '../../native/platformAddon.mjs';

const root = resolve(import.meta.dirname, '../..');
const MOST_BYTES = 60 * 2 ** 20;
/** Read tables other than CSV and run ONNX models: large, loaded only when asked for, and nothing a card's test needs. */
const LEFT_OUT = ['@duckdb/node-api', 'onnxruntime-node'];
const DATA = ['baby', 'clothing'];

const { values } = parseArgs({ options: { data: { type: 'string' }, out: { type: 'string' } } });
const out = resolve(values.out ?? 'agentmmrec-bundle.tar.xz');
const staging = mkdtempSync(join(tmpdir(), 'agentmmrec-bundle-'));
const bundle = join(staging, 'agentmmrec-bundle');
const product = join(bundle, 'product');
/** the archive under another name until it is whole */
const unfinished = `${out}.unfinished`;
let packer;
let interrupted;
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => {
    interrupted = signal;
    packer?.kill();
  });
}
try {
  mkdirSync(bundle);
  execFileSync(process.execPath, [join(root, 'packages/cli/assemble.mjs'), product]);
  for (const name of dependencies()) copyPackage(name);
  placeAddon();
  placeTests();
  for (const file of ['run', 'run.mjs', 'firstCard.mjs', '../firstCard.sh'])
    cpSync(join(import.meta.dirname, file), join(bundle, file.replace('../', '')));
  execFileSync('strip', ['-o', join(bundle, 'node'), process.execPath]);
  for (const name of DATA.filter((one) => values.data && existsSync(join(values.data, one)))) {
    cpSync(join(values.data, name), join(bundle, 'data', name), { recursive: true });
  }
  const commit = execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
  writeFileSync(join(bundle, 'COMMIT'), commit);
  await pack();
  renameSync(unfinished, out);
} finally {
  rmSync(staging, { recursive: true, force: true });
  rmSync(unfinished, { force: true });
}
const { size } = statSync(out);
console.log(`${out}: ${(size / 2 ** 20).toFixed(1)} MiB`);
if (size > MOST_BYTES) {
  console.error(`bundle: got ${size} bytes, expected at most ${MOST_BYTES}. HINT: see what grew with tar tvJf`);
  process.exitCode = 1;
}

/** Minutes of processor time; a signal ends it and leaves nothing. */
async function pack() {
  const env = { ...process.env, XZ_OPT: '-9 -T0' };
  packer = spawn('tar', ['-cJf', unfinished, '-C', staging, 'agentmmrec-bundle'], { env, stdio: 'inherit' });
  const status = await new Promise((resolved, rejected) => packer.once('error', rejected).once('close', resolved));
  if (status === 0 && !interrupted) return;
  rmSync(staging, { recursive: true, force: true });
  rmSync(unfinished, { force: true });
  console.error(
    interrupted ? `bundle: ended by ${interrupted}, nothing is left` : `bundle: tar ended with ${status}, expected 0`,
  );
  process.exit(interrupted === 'SIGINT' ? 130 : 1);
}

/** What the product and the tests need of other packages, and what those need, from the lock file. */
function dependencies() {
  const { packages } = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8'));
  const manifest = JSON.parse(readFileSync(join(product, 'package.json'), 'utf8'));
  const found = new Set();
  const visit = (name) => {
    const locked = packages[`node_modules/${name}`];
    if (found.has(name) || !locked || !isForThisMachine(locked)) return;
    found.add(name);
    for (const next of Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })) visit(next);
  };
  const wanted = Object.keys(manifest.dependencies).filter(
    (name) => !name.startsWith('@agentmmrec/') && !LEFT_OUT.includes(name),
  );
  for (const name of [...wanted, 'expect']) visit(name);
  // The addon is built; types are for compilers.
  const isForBuilds = (name) => ['node-addon-api', 'node-api-headers'].includes(name) || name.startsWith('@types/');
  return [...found].filter((name) => !isForBuilds(name) && existsSync(join(root, 'node_modules', name)));
}

function isForThisMachine({ os, cpu, libc }) {
  const fits = (list, value) => !list || list.includes(value);
  return fits(os, process.platform) && fits(cpu, process.arch) && fits(libc, 'glibc');
}

/** The package with what is nested in it, less what only readers of its sources want. */
function copyPackage(name) {
  const filter = (path) => !/\.(map|d\.[cm]?ts|md|markdown)$|\/(test|tests|docs|src\/.*\.ts)$/i.test(path);
  cpSync(join(root, 'node_modules', name), join(product, 'node_modules', name), {
    recursive: true,
    filter,
    dereference: true,
  });
}

function placeAddon() {
  const place = join(product, 'node_modules/@agentmmrec/native/native/build/Release');
  mkdirSync(place, { recursive: true });
  placePortable(join(root, 'native/build/Release/agentmmrec.node'), join(place, 'agentmmrec.node'));
}

/** The card's tests as JavaScript, with what stands in packages' `testing/` for them. */
function placeTests() {
  for (const name of readdirSync(join(root, 'packages'))) {
    const testing = join(root, 'packages', name, 'src/testing');
    if (existsSync(testing)) placeSources(testing, join(product, 'node_modules/@agentmmrec', name, 'dist/testing'), '');
  }
  const globals = join(product, 'node_modules/@jest/globals');
  mkdirSync(globals, { recursive: true });
  writeFileSync(join(globals, 'package.json'), '{"type":"module","exports":"./jestGlobals.mjs"}\n');
  cpSync(join(import.meta.dirname, 'jestGlobals.mjs'), join(globals, 'jestGlobals.mjs'));
  for (const folder of ['test/cudaCard', 'test/cuda/support']) {
    const up = '../'.repeat(folder.split('/').length + 1);
    placeSources(join(root, folder), join(product, 'tests', folder), up);
  }
}

/** A folder's TypeScript as JavaScript; `toProduct` leads from its new place to the product's root. */
function placeSources(from, to, toProduct) {
  mkdirSync(to, { recursive: true });
  for (const file of readdirSync(from).filter((name) => name.endsWith('.ts'))) {
    const { code } = transformSync(readFileSync(join(from, file), 'utf8'), {
      jsc: { parser: { syntax: 'typescript' }, target: 'es2022' },
      module: { type: 'es6' },
    });
    const built = code.replace(/(?:\.\.\/)+packages\/(\w+)\/src\//g, `${toProduct}node_modules/@agentmmrec/$1/dist/`);
    writeFileSync(join(to, file.replace(/\.ts$/, '.js')), built);
  }
}
