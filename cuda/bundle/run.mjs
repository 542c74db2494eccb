// `test`: every test of the card. `smoke`: the first cases of every kernel once, for compute-sanitizer. `profile`: six kernels at the
// shapes of a training step, for ncu. `bench`: the card's benchmark on the data sets beside this file. Everything else is a command of
// agentmmrec. Without a card the four end with 2.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const product = join(here, 'product');
const card = process.env.AMR_TEST_CARD || 'cuda';
const [verb, ...words] = process.argv.slice(2);
/** What ncu looks at (firstCard.mjs names the functions): one call of each. */
const PROFILED = ['spmm', 'gemm', 'adam', 'infonce', 'infonceBackward', 'rankTopK'];

async function command(commandLine) {
  const { main } = await import(join(product, 'dist/main.js'));
  return await main(commandLine);
}

const built = async (name, file) => await import(join(product, 'node_modules/@agentmmrec', name, 'dist', file));
const kernels = async (file) => await built('kernels', file);

/** The card; where there is none, says why and ends the process as the command does. */
async function requireCard() {
  const { openDevice } = await kernels('index.js');
  try {
    return openDevice(card, verb === 'test' ? {} : { blasLibrary: 'none' });
  } catch (error) {
    console.error(`${verb}: ${error.message}`);
    process.exit(error.exitCode ?? 1);
  }
}

async function test() {
  console.log(`Card: ${(await requireCard()).description}`);
  const folder = join(product, 'tests/test/cudaCard');
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.js'));
  const wanted = files.map((name) => join(folder, name));
  // One after the other: they share the card.
  const options = ['--test', '--test-concurrency=1', ...words, ...wanted];
  return spawnSync(process.execPath, options, { stdio: 'inherit' }).status ?? 1;
}

async function smoke() {
  const { specs } = await kernels('index.js');
  const { checkParity } = await kernels('testing/parity.js');
  const device = await requireCard();
  console.log(device.description);
  let wrong = 0;
  for (const spec of specs.filter(({ name }) => device.hasKernel(name))) {
    const found = spec
      .cases()
      .slice(0, 3)
      .flatMap((one) => checkParity(spec, one, device) ?? []);
    console.log(`${spec.name}: ${found.length === 0 ? 'right' : found.join('; ')}`);
    wrong += found.length;
  }
  return wrong > 0 ? 1 : 0;
}

async function profile() {
  const { cudaCases, modelWidths } = await built('benchmarks', 'cuda/cudaCases.js');
  const { openSize } = await built('benchmarks', 'sizes.js');
  const device = await requireCard();
  console.log(device.description);
  const isCard = card === 'cuda';
  const size = await openSize(isCard ? 'clothing' : 'tiny', join(here, 'no-data'), here); // a graph from a seed: nothing is read or written
  const widths = isCard ? modelWidths : { d: 8, wide: 16, batch: 32, features: 20, hidden: 8 };
  for (const kernel of PROFILED) {
    const [{ shape, run }] = cudaCases(device, size, widths, [kernel]);
    console.log(`${kernel}, ${shape}: ${(1e6 * device.secondsOf(run)).toFixed(0)} us`);
  }
}

const verbs = {
  test,
  smoke,
  profile,
  bench: () => command(['bench', '--device', card, '--data-root', join(here, 'data'), ...words]),
};
process.exitCode = (await (verbs[verb]?.() ?? command(process.argv.slice(2)))) ?? 0;
