import { appendFileSync, existsSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname } from 'node:path';
import { fileError, makeFolders, shapes } from '@agentmmrec/core';
import type { EpochRecord } from '@agentmmrec/training';

/** What a run is, said as it begins: its manifest comes at its end. */
export interface RunFacts {
  readonly label: string;
  readonly model: string;
  readonly data: string;
  /** of the training data */
  readonly fingerprint: string;
  readonly seed: number;
  /** at most so many */
  readonly epochs: number;
}

/** A process that trains, or trained, a run. */
export interface CurveStart extends RunFacts {
  readonly startedAtMs: number;
  readonly process: number;
  readonly host: string;
}

/** How a run went so far. */
export interface RunCurve {
  /** the last process that trained it */
  readonly start: CurveStart;
  /** each epoch once, ascending, counted from 0, with when it ended in milliseconds since 1970 */
  readonly epochs: readonly (EpochRecord & { readonly atMs: number })[];
}

/** `runs/a/checkpoint.amr` has `runs/a/checkpoint.curve.jsonl`. */
export function curvePath(checkpointPath: string): string {
  return `${checkpointPath.replace(/\.amr$/, '')}.curve.jsonl`;
}

/**
 * Begins the curve of a run, which grows by a line an epoch: whoever looks on sees it while it trains. The checkpoint is what a run
 * goes on from; a curve that says more than it is overwritten by the epochs that are trained again.
 * @throws AmrError: no room, no permission
 */
export function beginCurve(checkpointPath: string, facts: RunFacts, resume: boolean) {
  const path = curvePath(checkpointPath);
  const append = (line: object) => {
    try {
      makeFolders(dirname(path));
      appendFileSync(path, `${JSON.stringify(line)}\n`);
    } catch (cause) {
      throw fileError(`writing ${path}`, cause);
    }
  };
  if (!resume) rmSync(path, { force: true });
  append({ ...facts, startedAtMs: Date.now(), process: process.pid, host: hostname() });
  return { add: (record: EpochRecord) => append({ ...record, atMs: Date.now() }) };
}

/** The curve beside a checkpoint; null where there is none. Lines that are cut short, or no lines of a curve, are left out. */
export function readCurve(checkpointPath: string): RunCurve | null {
  const path = curvePath(checkpointPath);
  if (!existsSync(path)) return null;
  let start: CurveStart | null = null;
  const epochs = new Map<number, RunCurve['epochs'][number]>();
  for (const line of readFileSync(path, 'utf8').split('\n')) {
    const value = parsed(line);
    if (isStart(value)) start = value;
    else if (isEpoch(value)) epochs.set(value.epoch, value);
  }
  return start && { start, epochs: [...epochs.values()].sort((a, b) => a.epoch - b.epoch) };
}

/** Whether the process that began a curve still lives; one of another machine is taken for ended. */
export function isTraining({ process: id, host }: CurveStart): boolean {
  if (host !== hostname()) return false;
  try {
    process.kill(id, 0);
    return true;
  } catch (cause) {
    return (cause as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function parsed(line: string): unknown {
  try {
    return line === '' ? null : JSON.parse(line);
  } catch {
    return null;
  }
}

const { text, number, count, orNull, orAbsent, values, record } = shapes;

const startShape = record({
  ...{ label: orAbsent(text), model: text, data: text, fingerprint: text, seed: number, epochs: count },
  ...{ startedAtMs: number, process: count, host: text },
});

function isStart(value: unknown): value is CurveStart {
  return startShape(value, '') === null;
}

const epochShape = record({
  ...{ epoch: count, atMs: number, loss: orNull(number), validation: orNull(values(number)) },
});

function isEpoch(value: unknown): value is RunCurve['epochs'][number] {
  return epochShape(value, '') === null;
}
