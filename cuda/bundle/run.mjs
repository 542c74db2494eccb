// `test`: every test of the card. `smoke`: the first cases of every kernel once, for compute-sanitizer and profilers. `bench`: the
// card's benchmark on the data sets beside this file. Everything else is a command of agentmmrec.
import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const here = import.meta.dirname;
const product = join(here, 'product');
const card = process.env.AMR_TEST_CARD || 'cuda';
const [verb, ...words] = process.argv.slice(2);

async function command(commandLine) {
  const { main } = await import(join(product, 'dist/main.js'));
  return await main(commandLine);
}

function test() {
  const folder = join(product, 'tests/test/cudaCard');
  const files = readdirSync(folder).filter((name) => name.endsWith('.test.js'));
  const wanted = files.map((name) => join(folder, name));
  // One after the other: they share the card.
  const options = ['--test', '--test-concurrency=1', ...words, ...wanted];
  return spawnSync(process.execPath, options, { stdio: 'inherit' }).status ?? 1;
}

async function smoke() {
  const { openDevice, specs } = await import(join(product, 'node_modules/@agentmmrec/kernels/dist/index.js'));
  const { checkParity } = await import(join(product, 'node_modules/@agentmmrec/kernels/dist/testing/parity.js'));
  const device = openDevice(card, { blasLibrary: 'none' });
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

const verbs = {
  test,
  smoke,
  bench: () => command(['bench', '--device', card, '--data-root', join(here, 'data'), ...words]),
};
process.exitCode = await (verbs[verb]?.() ?? command(process.argv.slice(2)));
