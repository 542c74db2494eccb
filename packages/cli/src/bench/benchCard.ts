import { openSize, renderCudaMarkdown, runCudaBenchmark, sizeNames } from '@agentmmrec/benchmarks';
import { AmrError, writeFileAtomic } from '@agentmmrec/core';
import { type CudaDevice, type DeviceChoice, openDevice } from '@agentmmrec/kernels';
import { namesOf } from '../arguments/namesOf.js';
import type { Session } from '../session/session.js';

/** The options of `bench` that mean something on a card. */
export interface CardOptions {
  readonly sizes: string;
  readonly python: string | null;
  readonly dataRoot: string;
  readonly rounds: number;
  readonly report: string | null;
  readonly output: string | null;
  readonly page: string | null;
  readonly compare: string | null;
}

/** What an emulated card measures is no time: widths that it gets through, and the shorter of the epochs. */
const EMULATED = {
  widths: { d: 8, wide: 16, batch: 1024, features: 20, hidden: 8 },
  epochs: ['lightgcn'],
  rateBytes: 2 ** 16,
  rateSide: 64,
  rotatedBytes: 2 ** 12,
} as const;

/** `bench` on a card: what the card can do, then every kernel by the card's own clock, beside torch where there is one. */
export async function benchCard(
  device: CudaDevice,
  options: CardOptions,
  commit: string,
  session: Session,
): Promise<void> {
  for (const name of ['page', 'compare'] as const) {
    if (options[name] !== null) throw notOnACard(name);
  }
  const choice = session.deviceChoice === 'auto' ? 'cuda' : (session.deviceChoice as DeviceChoice);
  const names = namesOf(options.sizes, sizeNames, '--sizes');
  const sizes = await Promise.all(names.map((name) => openSize(name, options.dataRoot, session.workspace)));
  const report = await runCudaBenchmark({
    device,
    own: openDevice(choice, { blasLibrary: '' }) as CudaDevice,
    sizes,
    python: options.python,
    environment: process.env,
    rounds: options.rounds,
    commit,
    log: session.log,
    onMeasurement: (measurement) => session.emit(measurement),
    ...(device.name === 'cuda-emulated' && EMULATED),
  });
  const markdown = renderCudaMarkdown(report);
  session.say(markdown);
  if (options.report) writeFileAtomic(options.report, markdown);
  if (options.output) writeFileAtomic(options.output, `${JSON.stringify(report)}\n`);
  session.emit(report);
}

function notOnACard(name: string): AmrError {
  return new AmrError({
    what: `bench --${name}`,
    got: 'a device that is a card',
    expected: '--device cpu',
    hint: 'leave it out: --report and --output work on a card',
  });
}
