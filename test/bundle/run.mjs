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

/** All of firstCard.sh where PATH is empty; `isRight` sees its exit code and how each step ended. */
function firstCard(name, more, isRight) {
  const results = `/results-${counts.passed}`;
  const begun = Date.now();
  const words = [root, '/agentmmrec-bundle/firstCard.sh', results];
  const { status, stdout, stderr } = spawnSync('/usr/sbin/chroot', words, {
    env: { HOME: '/', PATH: '', ...more },
    encoding: 'utf8',
  });
  const summary = readFileSync(join(root, results, 'summary.txt'), 'utf8');
  const ends = Object.fromEntries([...summary.matchAll(/^([\w-]+): (.+)$/gm)].map(([, step, end]) => [step, end]));
  const isWhole = Object.keys(ends).length >= 9 && Date.now() - begun < 480_000 * Number(more.AMR_LIMITS ?? 1);
  const good = isWhole && isRight(status, ends);
  counts[good ? 'passed' : 'failed']++;
  console.log(`${good ? '✓' : '✗'} ${name}, ${((Date.now() - begun) / 1000).toFixed(0)} s, exit ${status}\n${summary}`);
  if (!good) console.log(`${stdout}${stderr}`.slice(-1500));
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

  firstCard('firstCard.sh without a card', {}, (status, ends) => {
    const isTold = (step) => /^refused, exit 2 after .+: .*device cuda: got .+ HINT: /.test(ends[step]);
    const refused = ['smoke', 'tests', 'bench', 'train-lightgcn', 'train-agentmmrec'];
    const skipped = ['machine', 'memcheck', 'profile'];
    return (
      status === 2 && refused.every(isTold) && skipped.every((step) => ends[step].startsWith('skipped, there is no '))
    );
  });
  firstCard(
    'firstCard.sh, dry',
    { AMR_TEST_CARD: 'cuda-emulated', AMR_LIMITS: process.env.AMR_LIMITS ?? '1' },
    (status, ends) => {
      const skipped = ['machine', 'memcheck', 'profile'];
      const isRight = ([step, end]) => (skipped.includes(step) ? end.startsWith('skipped') : end.startsWith('exit 0'));
      return status === 0 && Object.entries(ends).every(isRight);
    },
  );
} finally {
  rmSync(root, { recursive: true, force: true });
}
console.log(`${counts.passed} passed, ${counts.failed} failed`);
process.exitCode = counts.failed === 0 ? 0 : 1;
