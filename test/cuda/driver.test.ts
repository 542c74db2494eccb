import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chooseDevice } from '@agentmmrec/kernels';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { childSources } from '../support/childSources.js';
import { root } from '../support/repository.js';

// The build's own CUDA runtime library on drivers that this machine does not have: a stub in the place of libcuda.so.1.

const folder = mkdtempSync(join(tmpdir(), 'agentmmrec-driver-'));
let sources: ReturnType<typeof childSources>;
beforeAll(() => {
  const library = ['-shared', '-fPIC', '-Wl,-soname,libcuda.so.1', '-o', join(folder, 'libcuda.so.1')];
  const source = join(root, 'test/cuda/support/driverStub.cpp');
  execFileSync('c++', ['-std=c++20', '-O1', '-Wall', '-Wextra', '-Werror', ...library, source, '-ldl']);
  sources = childSources(['core', 'kernels']);
  const script = `import { chooseDevice, openDevice } from '@agentmmrec/kernels';
    const { device, reason } = chooseDevice();
    try { openDevice('cuda'); } catch (error) {
      console.log(JSON.stringify([device.name, reason, error.kind, error.exitCode, error.message]));
    }`;
  writeFileSync(join(sources.folder, 'open.mjs'), script);
});
afterAll(() => {
  rmSync(folder, { recursive: true });
  sources?.remove();
});

const hasCuda = !chooseDevice().reason.includes('no CUDA back end');
const group = hasCuda ? describe : describe.skip;
group(hasCuda ? 'opening a card' : 'opening a card (skipped: this build has no CUDA back end)', () => {
  test.each([
    ['an older driver', { STUB_VERSION: '11080' }, 'an NVIDIA driver for CUDA 11.8', 'update the NVIDIA driver'],
    ['a driver without a card', { STUB_INIT: '100' }, 'cudaErrorNoDevice', 'nvidia-smi'],
    ['a driver that does not start', { STUB_INIT: '3' }, 'cudaErrorInitializationError', 'nvidia-smi'],
    ['parts of two drivers', { STUB_INIT: '803' }, 'cudaErrorSystemDriverMismatch', 'restart the machine'],
    ['a machine that is not ready', { STUB_INIT: '802' }, 'cudaErrorSystemNotReady', 'nvidia-fabricmanager'],
    ['a lost card', { STUB_COUNT: '1', STUB_OTHER: '999' }, 'cudaErrorUnknown', 'the card may be lost'],
    ['a card in use', { STUB_COUNT: '1', STUB_OTHER: '46' }, 'cudaErrorDevicesUnavailable', 'end the program'],
  ])('%s: one sentence and exit 2, and auto takes the CPU and says why', (_, answers, got, hint) => {
    const env = { ...process.env, LD_LIBRARY_PATH: folder, ...answers };
    const { stdout, stderr } = spawnSync(process.execPath, [join(sources.folder, 'open.mjs')], {
      env,
      encoding: 'utf8',
    });
    expect(stderr).toBe('');
    const [device, reason, kind, exitCode, message] = JSON.parse(stdout) as string[];
    expect([device, kind, exitCode]).toEqual(['cpu', 'input', 2]);
    expect(reason).toContain(`cpu, because ${got}`);
    expect(message).toMatch(/^device cuda: got .+, expected .+\. HINT: .+$/);
    expect(message).toContain(got);
    expect(message).toContain(hint);
  });
});
