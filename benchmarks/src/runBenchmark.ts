import { AmrError, type Log, nearestName } from '@agentmmrec/core';
import { type Device, openDevice } from '@agentmmrec/kernels';
import { measureMachine } from './machine.js';
import { type Effort, type Measurement, measure } from './measure.js';
import { startPeers } from './peer.js';
import { measureRates, type Rates } from './rates/rates.js';
import type { BenchmarkReport } from './report.js';
import { ScopedDevice } from './scopedDevice.js';
import { openSize, type SizeName, sizeNames } from './sizes.js';
import type { SuiteContext } from './suite.js';
import { suites } from './suites/index.js';

export interface BenchmarkRequest {
  readonly device: Device;
  readonly threads: number;
  /** the CPU device with another number of threads, of the same instruction set */
  openCpu(threads: number): Device;
  readonly suites: readonly string[];
  readonly sizes: readonly string[];
  /** a Python that has the peers, or null to measure without them */
  readonly python: string | null;
  /** environment of the peer process */
  readonly environment: NodeJS.ProcessEnv;
  /** folder with `baby/baby.inter` and the like; sizes not found there use a seeded graph */
  readonly dataRoot: string;
  readonly workspace: string;
  /** program and first words of this command line, for suites that run it as a child */
  readonly command: readonly string[];
  readonly effort: Effort;
  /** of the device, where they were measured before */
  readonly rates?: Rates;
  readonly commit: string;
  readonly log: Log;
  /** ends the benchmark, whose report then holds the cases that were finished; before the first, with the signal's reason */
  readonly signal?: AbortSignal;
  /** @param finished the report so far */
  readonly onMeasurement?: (measurement: Measurement, finished: BenchmarkReport) => void;
}

/** Runs the suites at the sizes, or as many cases as there is time for. @throws AmrError input for an unknown suite or size, or a Python that cannot run the peers */
export async function runBenchmark(request: BenchmarkRequest): Promise<BenchmarkReport> {
  const chosenSuites = request.suites.map((name) => known(suites, name, 'suite'));
  const chosenSizes = request.sizes.map((name) => known(namedSizes, name, 'size').name);
  const peer =
    request.python === null
      ? null
      : await startPeers(request.python, request.threads, request.environment, request.log);
  const { signal } = request;
  // Whoever waits for a peer hears that it ended.
  const stop = () => peer?.close();
  signal?.addEventListener('abort', stop);
  try {
    request.log.info('measuring the machine: streams, random rows, products, selections');
    const context = suiteContext(request);
    const rates = await context.ratesOf(request.device);
    const machine = await measureMachine(request.device, rates, signal);
    const sizes = await Promise.all(chosenSizes.map((name) => openSize(name, request.dataRoot, request.workspace)));
    const measurements: Measurement[] = [];
    const reportOf = (isWhole: boolean): BenchmarkReport => ({
      version: 2,
      date: new Date().toISOString().slice(0, 10),
      commit: request.commit,
      machine,
      libraries: peer?.libraries ?? {},
      sizes: sizes.map(({ name, origin }) => ({ name, origin })),
      measurements: [...measurements],
      ...(isWhole ? {} : { unfinished: true }),
    });
    for (const [turn, size] of sizes.entries()) {
      for (const suite of chosenSuites.filter(({ perSize }) => perSize !== false || turn === 0)) {
        const device = new ScopedDevice(request.device);
        for await (const benchmark of suite.cases(device, size, context)) {
          request.log.info(benchmark.name);
          let measurement: Measurement;
          try {
            measurement = await measure(benchmark, peer, request.effort, rates, signal);
          } catch (cause) {
            if (signal?.aborted) return reportOf(false);
            throw cause;
          }
          benchmark.release?.();
          measurements.push(measurement);
          request.onMeasurement?.(measurement, reportOf(false));
          if (signal?.aborted) return reportOf(false);
        }
        device.releaseAll();
      }
    }
    return reportOf(true);
  } finally {
    signal?.removeEventListener('abort', stop);
    peer?.close();
  }
}

const namedSizes: readonly { readonly name: SizeName }[] = sizeNames.map((name) => ({ name }));

/** Devices and rates are opened and measured when first asked for, once each. */
function suiteContext(request: BenchmarkRequest): SuiteContext {
  const { device, threads, openCpu, dataRoot, workspace, environment, command } = request;
  const opened = new Map<number, Device>([[threads, device]]);
  const rates = new Map<Device, Rates>(request.rates ? [[device, request.rates]] : []);
  return {
    withThreads(count) {
      if (device.name !== 'cpu') return null;
      const other = opened.get(count) ?? openCpu(count);
      opened.set(count, other);
      return other;
    },
    async ratesOf(of) {
      const known = [...opened].find(([, one]) => one === of)?.[0] ?? threads;
      const found = rates.get(of) ?? (await measureRates(of, known, request.signal));
      rates.set(of, found);
      return found;
    },
    threads,
    plain: device.name === 'cpu' ? openDevice('reference').kernels : null,
    command,
    dataRoot,
    workspace,
    environment,
  };
}

function known<T extends { name: string }>(all: readonly T[], name: string, kind: string): T {
  const found = all.find((one) => one.name === name);
  if (found) return found;
  const names = all.map((one) => one.name);
  const near = nearestName(name, names);
  throw new AmrError({
    what: `benchmark ${kind}`,
    got: name,
    expected: `one of ${names.join(', ')}`,
    hint: near ? `did you mean "${near}"?` : 'see agentmmrec bench --help',
  });
}
