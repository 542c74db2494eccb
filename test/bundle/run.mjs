// Unpacks the bundle into an empty root (libraries of the system and sh, nothing else; no PATH, no network) and runs it there: the
// command, the card's tests and the benchmark, on the emulated card where there is no other. Needs root, for chroot, and the emulation
// (npm run test:cuda-emulated). `node test/bundle/run.mjs ARCHIVE`. Ends with `N passed, N failed[, N skipped]`.
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';

const repository = resolve(import.meta.dirname, '../..');
const archive = process.argv[2];
const root = mkdtempSync(join(tmpdir(), 'agentmmrec-root-'));
const counts = { passed: 0, failed: 0 };

/** The libraries of the system that a program asks for. */
function placeLibrariesOf(program) {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  for (const [, library] of stdout.matchAll(/(\/\S+) \(0x/g)) {
    mkdirSync(dirname(join(root, library)), { recursive: true });
    if (!library.includes('/agentmmrec-bundle/') && !existsSync(join(root, library)))
      cpSync(library, join(root, library), { dereference: true });
  }
}

function run(name, words, isRight, more = { AMR_TEST_CARD: 'cuda-emulated' }) {
  const env = { HOME: '/', PATH: '', ...more };
  const { status, stdout, stderr } = spawnSync('/usr/sbin/chroot', [root, '/agentmmrec-bundle/run', ...words], {
    env,
    encoding: 'utf8',
  });
  const good = isRight(status, `${stdout}${stderr}`);
  counts[good ? 'passed' : 'failed']++;
  console.log(`${good ? '✓' : '✗'} ${name}${good ? '' : `: exit ${status}\n${`${stdout}${stderr}`.slice(-1500)}`}`);
}

function bundledData() {
  const folder = join(root, 'agentmmrec-bundle/data');
  return existsSync(folder) ? readdirSync(folder) : [];
}

try {
  execFileSync('tar', ['xf', archive, '-C', root]);
  mkdirSync(join(root, 'bin'));
  cpSync('/bin/sh', join(root, 'bin/sh'), { dereference: true });
  const bundled = execFileSync(
    'find',
    [root, '-name', '*.node', '-o', '-name', '*.so*', '-o', '-name', 'node', '-type', 'f'],
    {
      encoding: 'utf8',
    },
  );
  for (const program of ['/bin/sh', ...bundled.trim().split('\n')]) placeLibrariesOf(program);
  mkdirSync(join(root, 'tmp'), { recursive: true });
  const emulated = 'native/build/emulated/agentmmrecEmulated.node';
  const product = join(root, 'agentmmrec-bundle/product');
  mkdirSync(dirname(join(product, 'node_modules', emulated)), { recursive: true });
  cpSync(join(repository, emulated), join(product, 'node_modules', emulated));
  console.log(`In the empty root: ${readdirSync(root).join(', ')}`);

  run('says what it is', ['--version'], (status, text) => status === 0 && /\d+\.\d+\.\d+/.test(text));
  run('the CPU has its kernels', ['doctor', '--json'], (_, text) =>
    /"name":"native kernels","needed":true,"good":true/.test(text),
  );
  for (const verb of ['test', 'bench', 'smoke']) {
    const isRight = (status, text) =>
      status === 2 && /device cuda: got .+ HINT: /.test(text) && text.split('\n').length <= 3;
    run(`without a card, ${verb} says so in a sentence`, [verb], isRight, {});
  }
  run('every kernel once', ['smoke'], (status, text) => status === 0 && /spmm: right/.test(text));
  run(
    'the tests of the card',
    ['test'],
    (status, text) => status === 0 && /# fail 0/.test(text) && /# pass [1-9]\d/.test(text),
  );
  const catalog = ['data', 'synth', '--out', '/catalog', '--users', '80', '--items', '50', '--image-size', '0'];
  run('draws a catalog', catalog, (status) => status === 0);
  const train = [
    'train',
    '--model',
    'agentmmrec',
    '--data',
    '/catalog',
    '--reasoner',
    'extractive',
    '--epochs',
    '2',
    '--compare',
    'none',
  ];
  run('trains', [...train, '--workspace', '/workspace'], (status, text) => status === 0 && /recall@20/i.test(text));
  for (const name of bundledData()) {
    const words = [
      'train',
      '--model',
      'lightgcn',
      '--data',
      `/agentmmrec-bundle/data/${name}`,
      '--workspace',
      '/workspace',
      '--epochs',
      '1',
    ];
    run(`trains on its ${name}`, words, (status, text) => status === 0 && /recall@20/i.test(text), {});
  }

  // Needs timeout, date and tail of the system, so it runs outside. Steps may run out of time here, where a card is a processor.
  const results = join(root, 'results');
  const dry = spawnSync('sh', [join(root, 'agentmmrec-bundle/firstCard.sh'), results], {
    env: { ...process.env, AMR_TEST_CARD: 'cuda-emulated' },
    encoding: 'utf8',
  });
  const ends = [...readFileSync(join(results, 'summary.txt'), 'utf8').matchAll(/^(\S+): exit (\d+)/gm)];
  const isRight = ends.length >= 7 && ends.every(([, , status]) => ['0', '124', '137'].includes(status));
  counts[isRight ? 'passed' : 'failed']++;
  console.log(`${isRight ? '✓' : '✗'} firstCard.sh, dry: ${ends.map(([end]) => end).join(', ')}`);
  if (!isRight) console.log(`${dry.stdout}${dry.stderr}`.slice(-1500));
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
