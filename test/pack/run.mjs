// Packs the published package, installs it into an empty folder as a reader would, builds the addon there, and runs it. Takes
// a minute or two, so it is a tier of its own. Ends with the line `N passed, N failed`.
import { spawnSync, spawn as startProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-pack-'));
const counts = { passed: 0, failed: 0 };

try {
  const staged = join(folder, 'staged');
  const place = join(folder, 'place');
  run('assembles', root, process.execPath, ['packages/cli/assemble.mjs', staged]);
  run('packs', folder, 'npm', ['pack', '--silent', staged]);
  const archive = readdirSync(folder).find((name) => name.endsWith('.tgz'));
  run('makes an empty project', folder, process.execPath, ['-e', `require('fs').mkdirSync(${JSON.stringify(place)})`]);
  writeFileSync(join(place, 'package.json'), '{"private":true,"type":"module"}\n');
  const install = ['install', '--no-audit', '--no-fund', join(folder, archive ?? 'no archive')];
  // Without install scripts, as recent npm installs unless told otherwise: the command then says what to run.
  run('installs without scripts', place, 'npm', [...install, '--ignore-scripts']);
  const unbuilt = spawn(place, 'npx', ['agentmmrec', 'doctor']);
  expect('says how to build the kernels', unbuilt.status === 1 && /agentmmrec-build/.test(unbuilt.stderr), unbuilt);
  // As others do: with them, and with the registry alone. Ours builds the kernels.
  rmSync(join(place, 'node_modules'), { recursive: true });
  rmSync(join(place, 'package-lock.json'));
  run('installs with scripts', place, 'npm', install);
  const bytes = bytesUnder(join(place, 'node_modules'));
  expect(`weighs ${Math.round(bytes / 1e6)} MB, under 250`, bytes < 250e6, { stdout: '', stderr: '' });
  run('is healthy', place, 'npx', ['agentmmrec', 'doctor']);
  run('draws a catalog', place, 'npx', [
    'agentmmrec',
    'data',
    'synth',
    '--out',
    'catalog',
    '--users',
    '60',
    '--items',
    '40',
    '--image-size',
    '32',
  ]);
  const doctor = spawn(place, 'npx', ['agentmmrec', 'doctor']);
  expect('leaves the ONNX runtime out', !existsSync(join(place, 'node_modules/onnxruntime-node')), doctor);
  expect('says how to add it', /npm install onnxruntime-node --ignore-scripts/.test(doctor.stdout), doctor);
  const train = [
    'agentmmrec',
    'train',
    '--model',
    'agentmmrec',
    '--data',
    'catalog',
    '--reasoner',
    'extractive',
    '--epochs',
    '2',
    '--compare',
    'none',
    '--json',
  ];
  const trained = run('trains', place, 'npx', train);
  expect('prints a result', /"testReranked":\{"recall@10"/.test(trained.stdout), trained);
  const page = await servedPage(place);
  expect('serves its pages', /<script type="module"/.test(page), { stdout: page, stderr: '' });
  const script = `import { core, models } from 'agentmmrec'; console.log(Object.keys(models.models).length > 0, core.matrix(1, 2).cols);`;
  const imported = run('is a library too', place, process.execPath, ['--input-type=module', '-e', script]);
  expect('exports its packages', imported.stdout.trim() === 'true 2', imported);
} finally {
  rmSync(folder, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;

/** In the environment of a user: npm hands the settings of this repository's .npmrc down to what it runs. */
function spawn(cwd, program, words) {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('npm_config_')));
  return spawnSync(program, words, { cwd, env, encoding: 'utf8', maxBuffer: 2 ** 26 });
}

/** The first page of the server, which is ended then. */
async function servedPage(place) {
  const words = ['node_modules/agentmmrec/bin/agentmmrec.mjs', 'serve', '--data', 'catalog', '--port', '0', '--json'];
  const child = startProcess(process.execPath, words, { cwd: place, stdio: ['ignore', 'pipe', 'ignore'] });
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

function bytesUnder(place) {
  const files = readdirSync(place, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
  return files.reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}

/** A step that must exit with 0. */
function run(name, cwd, program, words) {
  const finished = spawn(cwd, program, words);
  expect(name, finished.status === 0, finished);
  return finished;
}

function expect(name, holds, { status, stdout, stderr }) {
  console.log(`${holds ? '✓' : '✗'} ${name}`);
  counts[holds ? 'passed' : 'failed']++;
  if (!holds) console.log(`exit ${status}\n${(stdout ?? '').slice(-2000)}\n${(stderr ?? '').slice(-2000)}`);
}
