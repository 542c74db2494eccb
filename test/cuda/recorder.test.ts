import { type CudaDevice, loadEmulatedAddon, openDevice, type Recorder, Unrecordable } from '@agentmmrec/kernels';
import { afterEach, describe, expect, test } from '@jest/globals';

const { counters, failNext } = loadEmulatedAddon();
afterEach(() => failNext('', 0, 0));

function card(options: Parameters<typeof openDevice>[1] = {}): { device: CudaDevice; recorder: Recorder } {
  const device = openDevice('cuda-emulated', options) as CudaDevice;
  if (!device.recorder) throw new Error('a card records');
  return { device, recorder: device.recorder };
}

/** Adds one to x through memory of its own, which holds something else between two runs. */
function addingOne() {
  const { device, recorder } = card();
  const x = device.upload(Float32Array.of(1, 2, 3));
  const one = device.upload(Float32Array.of(1, 1, 1));
  const work = recorder.record(() => {
    const own = device.floats(3, 'any');
    device.kernels.axpby({ out: own, x, alpha: 1, beta: 0 });
    device.kernels.axpby({ out: own, x: one, alpha: 1, beta: 1 });
    device.kernels.axpby({ out: x, x: own, alpha: 1, beta: 0 });
    device.release(own);
  });
  return { device, recorder, x, work };
}

describe('recorded work', () => {
  test('is not done when it is recorded, and is done each time it runs, as one launch', () => {
    const { device, x, work } = addingOne();
    expect([...device.read(x)]).toEqual([1, 2, 3]);
    const before = counters();
    work.run();
    work.run();
    expect([...device.read(x)]).toEqual([3, 4, 5]);
    expect(counters().graphLaunches - before.graphLaunches).toBe(2);
    expect(counters().launches - before.launches).toBe(6);
  });

  test('keeps its memory for itself: nobody gets it between two runs, and the pool does when it is released', () => {
    const { device, x, work } = addingOne();
    const { usedBytes, pooledBytes } = device.memory();
    const others = Array.from({ length: 8 }, () => device.upload(Float32Array.of(9, 9, 9)));
    work.run();
    for (const other of others) expect([...device.read(other)]).toEqual([9, 9, 9]);
    for (const other of others) device.release(other);
    expect([...device.read(x)]).toEqual([2, 3, 4]);
    const graphs = counters().graphs;
    work.release();
    expect(counters().graphs).toBe(graphs - 1);
    expect(device.memory().usedBytes).toBe(usedBytes);
    expect(device.memory().pooledBytes).toBeGreaterThanOrEqual(pooledBytes);
    expect(() => work.run()).toThrow('a run after its release');
  });

  test.each<[string, (device: CudaDevice, recorder: Recorder) => void, string]>([
    ['reads', (device) => device.read(device.floats(3)), 'values for the host'],
    ['writes', (device) => device.upload(Float32Array.of(1)), 'values from the host'],
    ['keeps memory', (device) => device.floats(3), 'memory that outlives it'],
    ['records', (_, recorder) => recorder.record(() => {}), 'a recording inside it'],
    [
      'looks at ids that nothing is known of',
      (device) =>
        device.kernels.gatherRows({ out: device.floats(2), x: device.floats(8), ids: device.ints(2, 'any'), d: 1 }),
      'values for the host',
    ],
  ])('that %s cannot be recorded, and nothing is left of it', (_, body, reason) => {
    const { device, recorder } = card();
    const { usedBytes } = device.memory();
    const recorded = () => recorder.record(() => device.reclaimOnFailure(() => body(device, recorder)));
    expect(recorded).toThrow(Unrecordable);
    expect(recorded).toThrow(reason);
    if (reason !== 'memory that outlives it') expect(device.memory().usedBytes).toBe(usedBytes);
    const x = device.upload(Float32Array.of(5));
    device.kernels.axpby({ out: x, x, alpha: 2, beta: 0 });
    expect([...device.read(x)]).toEqual([10]);
  });

  test('whose body fails is forgotten, and its own error is told', () => {
    const { device, recorder } = card();
    expect(() =>
      recorder.record(() => {
        throw new RangeError('of the body');
      }),
    ).toThrow(new RangeError('of the body'));
    expect([...device.read(device.upload(Float32Array.of(4)))]).toEqual([4]);
  });

  test.each(['cudaStreamBeginCapture', 'cudaStreamEndCapture', 'cudaGraphInstantiate'])(
    'that fails in %s says so and leaves a device that works',
    (call) => {
      const { device, recorder } = card();
      const x = device.upload(Float32Array.of(1));
      const { graphs } = counters();
      failNext(call, 1, 2);
      const record = () => recorder.record(() => device.kernels.axpby({ out: x, x, alpha: 2, beta: 0 }));
      expect(record).toThrow(call);
      expect(counters().graphs).toBe(graphs);
      record().run();
      expect([...device.read(x)]).toEqual([2]);
    },
  );

  test('that a lost card does not run is an error of the card', () => {
    const { work } = addingOne();
    failNext('cudaGraphLaunch', 1, 719);
    expect(() => work.run()).toThrow('got cudaErrorLaunchFailure');
  });

  test('a limit of memory holds while recording', () => {
    const { device, recorder } = card({ memoryLimitBytes: 1 << 20 });
    const kept = device.floats(1 << 16);
    const tooMuch = () => recorder.record(() => device.release(device.floats(1 << 18)));
    expect(tooMuch).toThrow('the limit set');
    device.release(kept);
  });
});

describe('what counts where the work runs', () => {
  test('slices of tables follow the clock; beyond the end stands the last value', () => {
    const { device, recorder } = card();
    const tables = [Int32Array.of(1, 2, 3, 4, 5), Int32Array.of(10, 20, 30, 40, 50)].map((ids) => device.upload(ids));
    const outs = [device.ints(2), device.ints(2)];
    const clock = device.upload(Int32Array.of(0));
    const losses = device.floats(6);
    const loss = device.upload(Float32Array.of(0.5, 0.25));
    const work = recorder.record(() => {
      recorder.sliceIds(outs, tables, clock);
      recorder.noteLoss(losses, loss, [clock]);
      device.kernels.axpby({ out: loss, x: loss, alpha: 2, beta: 0 });
    });
    const seen = Array.from({ length: 4 }, () => {
      work.run();
      return outs.map((out) => [...device.read(out.subarray(0, 2))]);
    });
    expect(seen.map(([first]) => first)).toEqual([
      [1, 2],
      [3, 4],
      [5, 5],
      [5, 5],
    ]);
    expect(seen[1][1]).toEqual([30, 40]);
    expect([...device.read(losses)]).toEqual([0.5, 0.25, 1, 0.5, 2, 1]); // the fourth has no row
  });

  test('Adam on many tables leaves the bits of Adam on each', () => {
    const { device, recorder } = card();
    const values = (n: number, seed: number) => Float32Array.from({ length: n }, (_, i) => Math.sin(i + seed) / 3);
    const sizes = [1, 5, 1024, 3000, ...new Array<number>(40).fill(7)];
    const tables = () =>
      sizes.map((n, t) => ({
        parameter: device.upload(values(n, t)),
        m: device.upload(values(n, t + 1)),
        v: device.upload(values(n, t + 2).map((x) => x * x)),
        gradient: device.upload(values(n, t + 3)),
        learningRate: 1e-2 + t / 1e4,
        weightDecay: t % 2 === 0 ? 0 : 0.1,
      }));
    const [together, apart] = [tables(), tables()];
    const clock = device.upload(Int32Array.of(17));
    recorder.adamTables(clock, together);
    for (const table of apart) device.kernels.adam({ ...table, step: 17 });
    together.forEach((table, t) => {
      for (const name of ['parameter', 'm', 'v'] as const) {
        expect(Buffer.from(device.read(table[name]).buffer)).toEqual(Buffer.from(device.read(apart[t][name]).buffer));
      }
    });
  });

  test('refuses what does not fit', () => {
    const { device, recorder } = card();
    const [ids, floats] = [device.ints(4), device.floats(4)];
    expect(() => recorder.sliceIds([ids], [device.ints(4)], ids)).toThrow(
      'sliceIds, clock: got 4 elements, expected 1',
    );
    expect(() => recorder.sliceIds([ids], [], device.ints(1))).toThrow('as many of both');
    expect(() => recorder.noteLoss(floats, device.floats(3), [device.ints(1)])).toThrow('whole rows of losses');
    const table = { parameter: floats, m: floats, v: device.floats(3), gradient: floats, learningRate: 1 };
    expect(() => recorder.adamTables(device.ints(1), [table])).toThrow('adamTables, table: got 3 elements, expected 4');
  });
});
