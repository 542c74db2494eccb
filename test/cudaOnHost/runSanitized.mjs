// Every case of every kernel on the emulated card under AddressSanitizer and UndefinedBehaviorSanitizer,
// threads forwards with arrays at odd addresses, and backwards with aligned ones. Needs the built packages (npm run build), Linux and
// g++ or clang++. Ends with `N passed, N failed`: one check a kernel and order.
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
  console.log(`${passed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

process.exitCode = process.env.AMR_SANITIZED === '1' ? await child() : parent();
