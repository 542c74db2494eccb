import { CudaDevice, loadEmulatedAddon } from '@agentmmrec/kernels';
import { afterAll, expect, test } from '@jest/globals';
import { nvtxStub } from './support/cublasStub.js';

const stub = nvtxStub();
const { openCuda } = loadEmulatedAddon();
const open = (...libraries: string[]) => new CudaDevice('cuda-emulated', openCuda(undefined, [], libraries));
afterAll(() => {
  open(); // the process forgets the library
  stub.remove();
});

/** A kernel, a failing one, and recorded work. */
function use(device: CudaDevice): void {
  const [out, x] = [device.floats(4), device.floats(4)];
  device.kernels.axpby({ out, x, alpha: 2, beta: 0 });
  expect(() => device.kernels.axpby({ out: device.floats(5), x, alpha: 2, beta: 0 })).toThrow();
  device.recorder?.record(() => device.kernels.axpby({ out, x, alpha: 2, beta: 0 })).run();
  device.read(out);
}

test('calls stand under their names on a profiler’s time line, each ended, failing ones too', () => {
  const device = open('/nowhere/libnvtx.so', stub.library);
  use(device);
  const ranges = stub.calls('').filter((line) => line !== '' && !/allocate|release|view/.test(line));
  expect(ranges).toEqual(['axpby', 'axpby', 'record', '  axpby', 'recorded work', 'read']);
});

test('nothing where there is no NVTX', () => {
  const device = open('/nowhere/libnvtx.so'); // the call that opens it is the last one named
  const before = stub.calls('').length;
  use(device);
  use(open());
  expect(stub.calls('').length).toBe(before);
});
