// Every case of every kernel on the emulated card under AddressSanitizer and UndefinedBehaviorSanitizer,
// threads forwards with arrays at odd addresses, and backwards with aligned ones; then steps of the models that two cards share. Needs the built packages (npm run build), Linux and
// g++ or clang++. Ends with `N passed, N failed`: one check a kernel and order, and one a model.
import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));

function library(name) {
  const { stdout } = spawnSync(process.env.CXX ?? 'c++', [`-print-file-name=${name}`], { encoding: 'utf8' });
  return stdout?.trim() ?? '';
}

/** Builds, then runs this file again as the child; the first report of a sanitizer ends the child. */
function parent() {
  const build = spawnSync(process.execPath, [join(here, 'build.mjs'), '--sanitize'], { stdio: 'inherit' });
  if (build.status !== 0) return build.status ?? 1;
  const environment = {
    ...process.env,
    AMR_SANITIZED: '1',
    // Node itself keeps memory to its end.
    ASAN_OPTIONS: 'detect_leaks=0',
    LD_PRELOAD: `${library('libasan.so')} ${library('libubsan.so')}`,
  };
  const child = spawnSync(process.execPath, [fileURLToPath(import.meta.url)], { stdio: 'inherit', env: environment });
  if (child.signal) console.error(`The sanitized run was ended by ${child.signal}`);
  return child.status ?? 1;
}

async function child() {
  const require = createRequire(import.meta.url);
  const addon = require('../../native/build/emulatedSanitized/agentmmrecEmulated.node');
  const { CudaDevice, specs: all } = await import('../../packages/kernels/dist/index.js');
  const { checkParity } = await import('../../packages/kernels/dist/testing/parity.js');
  const card = new CudaDevice('cuda-emulated', addon.openCuda(undefined, []));
  const specs = all.filter(({ name }) => card.hasKernel(name));
  let [passed, failed] = [0, 0];
  for (const reverse of [false, true]) {
    addon.setReverseOrder(reverse);
    for (const definition of specs) {
      const device = new CudaDevice('cuda-emulated', addon.openCuda(undefined, []));
      // Whole numbers touch the same addresses as real ones.
      const cases = definition.cases().filter(({ label }) => !label.includes('whole numbers'));
      const wrong = cases.flatMap((each) => {
        const found = checkParity(definition, each, device, reverse ? 'aligned' : 'odd');
        return found ? [`${definition.name}, ${each.label}: ${found}`] : [];
      });
      for (const sentence of wrong) console.log(sentence);
      if (cases.length === 0) console.log(`${definition.name}: no cases`);
      if (wrong.length > 0 || cases.length === 0) failed++;
      else passed++;
    }
  }
  addon.setReverseOrder(false);
  for (const name of ['lightgcn', 'bpr', 'agentmmrec']) {
    const [one, two] = [[0], [0, 1]].map((cards) => steps(name, addon, cards));
    const [single, shared] = [await one, await two];
    if (single === shared) passed++;
    else failed++;
    if (single !== shared) console.log(`${name}: losses ${shared} on two cards, ${single} on one`);
  }
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

/** The losses of four steps, of which the last two are made from a recording. */
async function steps(name, addon, cards) {
  const { CardGroup, CudaDevice } = await import('../../packages/kernels/dist/index.js');
  const { buildModel, findModel, ModelOptimizer } = await import('../../packages/models/dist/index.js');
  const { EpochBatches, EpochSteps } = await import('../../packages/training/dist/index.js');
  const { RandomStreams } = await import('../../packages/core/dist/index.js');
  const device =
    cards.length > 1
      ? new CardGroup('cuda-emulated', addon.openCudaGroup(cards, undefined, [], [], []))
      : new CudaDevice('cuda-emulated', addon.openCuda(undefined, [], [], cards[0]));
  const [users, items, each] = [37, 29, 7];
  const itemIds = Int32Array.from(
    { length: users * each },
    (_, i) => (Math.floor(i / each) * 3 + (i % each) * 4) % items,
  );
  for (let user = 0; user < users; user++) itemIds.subarray(user * each, (user + 1) * each).sort();
  const train = { users, items, offsets: Int32Array.from({ length: users + 1 }, (_, user) => user * each), itemIds };
  const values = Float32Array.from({ length: items * 20 }, (_, at) => Math.sin(at));
  const features = [{ modality: 'image', matrix: { rows: items, cols: 20, data: values }, synthetic: true }];
  const data = { users, items, train, features, knowledge: null };
  const random = new RandomStreams(1);
  const model = buildModel(findModel(name), { data, device, random }, { dimensions: 64 });
  const batches = new EpochBatches({ device, model, train, batchSize: 51, negatives: 'all' });
  batches.startEpoch(0, random);
  const run = new EpochSteps(device, new ModelOptimizer(device, model, { learningRate: 0.01 }), batches, 0, null);
  for (let step = 0; step < 4; step++) run.run(step, random.within(0, step));
  return run.takeLosses().join(', ');
}

process.exitCode = process.env.AMR_SANITIZED === '1' ? await child() : parent();
