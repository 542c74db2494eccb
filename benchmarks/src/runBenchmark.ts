import { AmrError, type Log, nearestName } from '@agentmmrec/core';
import type { Device } from '@agentmmrec/kernels';
import { measureMachine } from './machine.js';
import { type Effort, type Measurement, measure } from './measure.js';
import { Peer } from './peer.js';
import type { BenchmarkReport } from './report.js';
import { openSize, type SizeName, sizeNames } from './sizes.js';
import { suites } from './suites/index.js';

export interface BenchmarkRequest {
  readonly device: Device;
  readonly threads: number;
  readonly suites: readonly string[];
  readonly sizes: readonly string[];
  /** a Python that has the peers, or null to measure without them */
  readonly python: string | null;
  /** environment of the peer process */
  readonly environment: NodeJS.ProcessEnv;
  /** folder with `baby/baby.inter` and the like; sizes not found there use a seeded graph */
  readonly dataRoot: string;
  readonly workspace: string;
  readonly effort: Effort;
  readonly commit: string;
  readonly log: Log;
  readonly onMeasurement?: (measurement: Measurement) => void;
}

/** Runs the suites at the sizes. @throws AmrError input for an unknown suite or size, or a Python that cannot run the peers */
export async function runBenchmark(request: BenchmarkRequest): Promise<BenchmarkReport> {
  const chosenSuites = request.suites.map((name) => known(suites, name, 'suite'));
  const chosenSizes = request.sizes.map(
    (name) =>
      known(
        sizeNames.map((size) => ({ name: size })),
        name,
        'size',
      ).name as SizeName,
  );
  const peer = request.python === null ? null : await Peer.start(request.python, request.threads, request.environment);
  try {
    request.log.info('measuring the machine: memory and matrix-product rates');
    const machine = measureMachine(request.device);
    const sizes = await Promise.all(chosenSizes.map((name) => openSize(name, request.dataRoot, request.workspace)));
    const measurements: Measurement[] = [];
    for (const size of sizes) {
      for (const suite of chosenSuites) {
        for (const benchmark of suite.cases(request.device, size)) {
          request.log.info(benchmark.name);
          const measurement = await measure(benchmark, peer, request.effort);
          measurements.push(measurement);
          request.onMeasurement?.(measurement);
        }
      }
    }
    return {
      version: 1,
      date: new Date().toISOString().slice(0, 10),
      commit: request.commit,
      machine,
      libraries: peer?.libraries ?? {},
      sizes: sizes.map(({ name, origin }) => ({ name, origin })),
      measurements,
    };
  } finally {
    peer?.close();
  }
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
